import Foundation
import TestSupport
import Testing
import Values

@testable import DebianPackages
@testable import Transfer

/// What a release says, and who signed it: by a key of the test's own.
@Suite struct ReleaseTests {
    private static let address = "https://example.org/dists/trixie/InRelease"
    private static let digest = String(repeating: "b", count: 64)

    private static func text(
        suite: String = "stable", codename: String = "trixie", date: String = "Sat, 21 Nov 2026 09:15:44 UTC",
        more: String = ""
    ) -> String {
        """
        Origin: Debian
        Suite: \(suite)
        Codename: \(codename)
        Date: \(date)
        \(more)Acquire-By-Hash: yes
        SHA256:
         \(digest) 12 main/binary-amd64/Packages.gz

        """
    }

    private static func check(_ text: String, now: String, freshness: Freshness? = nil) throws {
        let release = try ReleaseFile(parsing: Array(text.utf8), address: address)
        let suite = PackageArchive.Suite(
            "trixie", at: "https://example.org", components: ["main"], longestAge: .days(200))
        let now = try #require(Timestamp(now))
        try release.check(suite, origin: "Debian", freshness: freshness ?? .current(at: now), address: address)
    }

    @Test func isRead() throws {
        let release = try ReleaseFile(parsing: Array(Self.text().utf8), address: Self.address)
        #expect(release.date == Timestamp("2026-11-21T09:15:44Z"))
        #expect(release.hasByHash)
        #expect(release.indices["main/binary-amd64/Packages.gz"]?.size == 12)
        // As Ubuntu writes hours.
        #expect(ReleaseFile.date("Fri, 27 Nov 2026  3:16:34 UTC") == Timestamp("2026-11-27T03:16:34Z"))
        #expect(ReleaseFile.date("Fri, 27 Nov 2026 03:16:34 +0100") == nil)
    }

    @Test func oldOnesAreRefused() throws {
        let until = "Valid-Until: Sat, 28 Nov 2026 09:15:44 UTC\n"
        try Self.check(Self.text(), now: "2026-11-28")
        try Self.check(Self.text(more: until), now: "2026-11-28")
        let refused = [
            (Self.text(more: until), "2026-11-29", "it was valid until 2026-11-28T09:15:44Z"),
            (Self.text(), "2027-07-01", "more than 200 days old"),
            (Self.text(), "2026-11-01", "this machine's clock says 2026-11-01"),
            (Self.text(codename: "bookworm"), "2026-11-28", "codename \"bookworm\"; expected trixie"),
            (Self.text().replacing("Debian", with: "Other"), "2026-11-28", "its Origin is \"Other\""),
            (Self.text(date: "yesterday"), "2026-11-28", "no Date that can be read"),
            (Self.text().replacing("SHA256", with: "MD5Sum"), "2026-11-28", "no SHA256"),
        ]
        for (text, now, reason) in refused {
            let error = #expect(throws: DebianError.self) { try Self.check(text, now: now) }
            #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
        }
        // A snapshot was chosen for its age; its name still counts.
        try Self.check(Self.text(more: until), now: "2030-01-01", freshness: .snapshot)
        #expect(throws: DebianError.self) {
            try Self.check(Self.text(codename: "bookworm"), now: "2030-01-01", freshness: .snapshot)
        }
    }

    @Test(.needs("gpg", "gpgv")) func signatures() throws {
        let scratch = try Scratch()
        let text = Self.text()
        let signed = try Self.sign(text, as: "one", in: scratch)
        _ = try Self.sign(text, as: "other", in: scratch)
        let keyring = scratch.file("one.gpg")
        let verified = try SignedText(verifying: signed, keyrings: [keyring], address: Self.address)
        // Clear-signed text has no trailing line feed of its own.
        #expect(String(decoding: verified.text, as: UTF8.self).hasPrefix(String(text.dropLast())))
        #expect(verified.fingerprint.utf8.count == 40)

        let changed = Array(String(decoding: signed, as: UTF8.self).replacing("trixie", with: "trixif").utf8)
        let around = Array("Codename: other\n".utf8) + signed
        let refused: [([UInt8], String, String)] = [
            (changed, keyring, "the text was changed after it was signed"),
            (signed, scratch.file("other.gpg"), "by a key that is not in the keyring"),
            (Array(text.utf8), keyring, "gpgv found no signature"),
            (Array(signed.prefix(signed.count / 2)), keyring, "the signature of"),
        ]
        for (bytes, keyring, reason) in refused {
            let error = #expect(throws: DebianError.self) {
                try SignedText(verifying: bytes, keyrings: [keyring], address: Self.address)
            }
            #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
        }
        // What stands outside of the signed part is never read.
        if let outside = try? SignedText(verifying: around, keyrings: [keyring], address: Self.address) {
            #expect(outside.text == verified.text)
        }
        #expect(throws: DebianError.missingKeyring(path: "/nowhere/ubuntu-archive-keyring.gpg")) {
            try SignedText(
                verifying: signed, keyrings: ["/nowhere/ubuntu-archive-keyring.gpg"], address: Self.address)
        }
    }

    /// An expired key's signature is called valid by gpgv, too, and must not count.
    @Test func expiredKeys() throws {
        let key = String(repeating: "A", count: 40)
        let valid = "[GNUPG:] VALIDSIG \(key) 2026-11-21 1 0 4 0 1 8 01 \(key)"
        func verdict(_ lines: String...) -> GPGVerifier.Verdict {
            GPGVerifier.verdict(lines.joined(separator: "\n"), of: [])
        }
        func isBad(_ verdict: GPGVerifier.Verdict) -> Bool {
            guard case .bad = verdict else { return false }
            return true
        }
        #expect(verdict("[GNUPG:] NEWSIG", "[GNUPG:] GOODSIG X", valid) == .good(fingerprint: key, text: []))
        #expect(isBad(verdict("[GNUPG:] NEWSIG", "[GNUPG:] EXPKEYSIG X", valid)))
        #expect(
            isBad(
                verdict("[GNUPG:] NEWSIG", "[GNUPG:] GOODSIG X", "[GNUPG:] NEWSIG", "[GNUPG:] REVKEYSIG X", valid)))
        #expect(isBad(verdict("[GNUPG:] GOODSIG X", valid, "[GNUPG:] NEWSIG", "[GNUPG:] BADSIG X")))
    }

    /// Makes a key, exports it to `NAME.gpg`, and signs the text as the archive does.
    static func sign(_ text: String, as name: String, in scratch: Scratch) throws -> [UInt8] {
        try scratch.write("\(name)/text", text)
        let home = scratch.file(name)
        let script = """
            set -e; chmod 700 .; export GNUPGHOME="$PWD"
            gpg --batch --quiet --passphrase '' --quick-generate-key \(name) ed25519 sign never
            gpg --batch --quiet --export \(name) >../\(name).gpg
            gpg --batch --quiet --output InRelease --clear-sign text
            gpgconf --kill gpg-agent || true
            """
        let outcome = try Tool("sh").run(
            ["-c", script], in: scratch.url.appendingPathComponent(name), limit: .seconds(60))
        try #require(outcome.status == 0, "\(home): \(outcome.errors)")
        return try scratch.bytes("\(name)/InRelease")
    }
}
