import Archive
import BuildPlan
import BundleFormat
import Foundation
import SystemPackage
import TestSupport
import Testing
import Values

@testable import Payloads

/// Upstream's layouts, with digests that are right, wrong, absent or late, from a server of the test's own.
@Suite(.needs(missing: FileServer.missing)) struct PublishedDigestTests {
    static let kubelet = Contents.program([1, 2, 3])

    let scratch: Scratch
    let store: PayloadStore

    init() throws {
        scratch = try Scratch()
        store = try PayloadStore.open(scratch.filePath("store"))
    }

    func resolver(_ server: FileServer, keyrings: [FilePath] = [], retries: RetryPolicy? = nil) -> LockResolver {
        LockResolver(
            store: store, base: scratch.filePath(""), workingDirectory: scratch.filePath(""),
            environment: server.environment, retries: retries ?? RetryPolicy(attempts: 2, pause: 0.01),
            keyrings: keyrings)
    }

    func plan(
        _ server: FileServer, _ path: String = "plain/kubelet", sums: String = "plain/kubelet.sha256",
        _ algorithm: PublishedAlgorithm = .sha256, signature: String? = nil
    ) -> PayloadPlan {
        PayloadPlan(
            "kubelet", .binary, version: "1", url: server.address(path),
            published: PublishedDigest(
                algorithm, at: server.address(sums), signature: signature.map { server.address($0) }))
    }

    private static var hex: String { Digest(hashing: kubelet).hex }

    @Test(arguments: [
        hex, "\(hex)\n", "\(hex)  kubelet\n", "\(hex) *kubelet", "aa  other\n\(hex)  ./kubelet\r\n", hex.uppercased(),
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n\(hex)  kubelet\n-----BEGIN PGP SIGNATURE-----\nx",
    ])
    func comparesWhatUpstreamPublishes(_ list: String) async throws {
        let server = try FileServer(["kubelet": Self.kubelet, "kubelet.sha256": Array(list.utf8)])
        let outcome = await resolver(server).resolve([plan(server)], for: .amd64, existing: Lock())
        #expect(outcome.failures == [])
        #expect(
            outcome.lock["kubelet"]?.verified == .published(.sha256, at: server.address("plain/kubelet.sha256")))
        // It is in the store: nothing but the digest is asked for again.
        let again = await resolver(server).resolve(
            [plan(server)], for: .amd64, existing: Lock(), refresh: ["kubelet"])
        #expect(again.lock == outcome.lock)
        #expect(try server.requests().count { $0 == "GET /plain/kubelet" } == 1)
    }

    @Test(
        arguments: [
            (String(repeating: "0", count: 64), "is not what sha256 published at", false),
            ("\(hex)  kubectl\n", "it has no sha256 of kubelet", false), ("", "it has no sha256 of kubelet", false),
            ("<html>sign in</html>", "it has no sha256 of kubelet", false),
            ("\(hex)  kubelet\n\(String(repeating: "1", count: 64))  kubelet\n", "it has no sha256 of kubelet", false),
            (nil, "HTTP status 404); it may follow its file by some minutes", true),
        ] as [(String?, String, Bool)])
    func keepsNothingThatIsNotWhatUpstreamSays(_ list: String?, _ message: String, _ isAbsent: Bool) async throws {
        var files = ["kubelet": Self.kubelet]
        if let list { files["kubelet.sha256"] = Array(list.utf8) }
        let server = try FileServer(files)
        let outcome = await resolver(server).resolve([plan(server)], for: .amd64, existing: Lock())
        #expect(outcome.lock == Lock())
        let text = outcome.failures.first?.description ?? ""
        #expect(text.contains(message), "\(text)")
        #expect(scratch.files(below: "store/blobs") == [])
        guard isAbsent else { return }
        #expect(text.contains("slipway lock SPEC kubelet --trust kubelet"))
        let trusted = await resolver(server).resolve(
            [plan(server)], for: .amd64, existing: Lock(), trusted: ["kubelet"])
        #expect(trusted.lock["kubelet"]?.verified == .firstUse && trusted.failures == [])
        // Late: once it is there, the entry is made anew with it.
        try server.write("kubelet.sha256", Array(Self.hex.utf8))
        let late = await resolver(server).resolve(
            [plan(server)], for: .amd64, existing: trusted.lock, refresh: ["kubelet"])
        #expect(late.lock["kubelet"]?.verified != .firstUse && late.failures == [])
    }

    @Test func theNewestDatedReleaseIsPinnedAndStays() async throws {
        let disk = Contents.disk([1])
        let sum =
            try Tool.run("sha512sum", ["--tag", try written("disk", disk)]).output.split(whereSeparator: \.isWhitespace)
            .last ?? ""
        func directory(_ date: String) -> [String: [UInt8]] {
            [
                "trixie/\(date)/debian-\(date).qcow2": disk,
                "trixie/\(date)/SHA512SUMS": Array("\(sum)  debian-\(date).qcow2\n".utf8),
            ]
        }
        func page(_ dates: [String]) -> [UInt8] {
            Array(dates.map { "<a href=\"\($0)/\">\($0)/</a>\n" }.joined().utf8)
        }
        var files = directory("20251117-2299").merging(directory("20260101-5")) { first, _ in first }
        files["trixie/index.html"] = page(["../x", "20251117-2299", "daily", "latest", "20250814-2204", "2026"])
        let server = try FileServer(files)
        let release = DatedRelease(
            listing: server.address("plain/trixie/"), prefix: "", file: "debian-{release}.qcow2", .sha512,
            sums: "SHA512SUMS")
        let plan = PayloadPlan("image", .disk, version: "1", source: .dated(release))
        let first = await resolver(server).resolve([plan], for: .amd64, existing: Lock())
        #expect(first.failures == [])
        let address = server.address("plain/trixie/20251117-2299/debian-20251117-2299.qcow2")
        #expect(first.lock["image"]?.address == .https(address))
        #expect(
            first.lock["image"]?.verified
                == .published(.sha512, at: server.address("plain/trixie/20251117-2299/SHA512SUMS")))
        // A newer one is another file: nobody is asked, until somebody asks for it.
        try server.write("trixie/index.html", page(["20251117-2299", "20260101-5"]))
        let count = try server.requests().count
        let kept = await resolver(server).resolve([plan], for: .amd64, existing: first.lock)
        #expect(kept.lock == first.lock)
        #expect(try server.requests().count == count)
        let check = LockCheck(base: scratch.filePath(""), environment: server.environment)
        let states = await check.run([plan], for: .amd64, lock: first.lock)
        #expect(states.map(\.state) == [.newer("release 20260101-5, pinned is 20251117-2299")])
        let newer = await resolver(server).resolve([plan], for: .amd64, existing: first.lock, refresh: ["image"])
        #expect(newer.lock["image"]?.address?.description.contains("20260101-5/debian-20260101-5") == true)
        try server.write("trixie/index.html", Array("nothing".utf8))
        let none = await resolver(server).resolve([plan], for: .amd64, existing: Lock())
        #expect(none.failures.first?.description.contains("lists no dated release") == true)
    }

    private func written(_ name: String, _ bytes: [UInt8]) throws -> String {
        try scratch.write(name, bytes)
        return scratch.file(name)
    }

    @Test func saysWhatUpstreamHasNow() async throws {
        let server = try FileServer([
            "kubelet": Self.kubelet, "kubelet.sha256": Array(Self.hex.utf8), "runc": Self.kubelet, "cni": [1],
        ])
        func pin(_ name: String, _ path: String, _ digest: Digest = Digest(hashing: PublishedDigestTests.kubelet))
            -> LockedPayload
        {
            LockedPayload(name: name, address: .https(server.address(path)), size: 1, digest: digest)
        }
        let lock = Lock([
            pin("kubelet", "plain/kubelet"), pin("changed", "plain/kubelet", Digest(hashing: [9])),
            pin("runc", "plain/runc"), pin("gone", "plain/none"), pin("old", "plain/v1/x"),
            LockedPayload(name: "file", address: .file("absent"), size: 1, digest: Digest(hashing: [9])),
        ])
        let changed = PayloadPlan(
            "changed", .binary, version: "1", url: server.address("plain/kubelet"),
            published: PublishedDigest(.sha256, at: server.address("plain/kubelet.sha256")))
        let wanted =
            [plan(server), changed]
            + [("runc", "plain/runc"), ("gone", "plain/none"), ("old", "plain/v2/x"), ("new", "plain/runc")].map {
                PayloadPlan($0.0, .binary, version: "1", url: server.address($0.1))
            } + [PayloadPlan("file", .binary, version: "1")]
        let check = LockCheck(base: scratch.filePath(""), environment: server.environment)
        let states = await check.run(wanted, for: .amd64, lock: lock)
        #expect(
            states.map(\.state) == [
                .current, .changed("upstream says sha256:\(Self.hex) at \(server.address("plain/kubelet.sha256"))"),
                .current, .gone("the server has no \(server.address("plain/none")) (HTTP status 404)"),
                .replaced("the topology wants \(server.address("plain/v2/x"))"), .unpinned,
                .gone("there is no file \(scratch.file("absent"))"),
            ])
        #expect(scratch.files(below: "store/blobs") == [])
    }

    // MARK: Transfers

    /// Slower than the lowest rate again and again: it ends, and what came is kept for the next run.
    @Test(.timeLimit(.minutes(1))) func aCrawlEnds() async throws {
        let server = try FileServer(["kubelet": Self.kubelet + [UInt8](repeating: 7, count: 4000)])
        let plan = PayloadPlan("kubelet", .binary, version: "1", url: server.address("crawl/kubelet"))
        let retries = RetryPolicy(attempts: 2, pause: 0.01, lowestRate: 1000, patience: 2)
        let outcome = await resolver(server, retries: retries).resolve([plan], for: .amd64, existing: Lock())
        #expect(outcome.failures.first?.description.contains("Operation too slow") == true, "\(outcome.failures)")
        #expect(try server.requests().count == 2)
    }

    /// With a digest that upstream publishes, what an earlier run brought is not fetched again.
    @Test func anInterruptedPinGoesOn() async throws {
        let bytes = Self.kubelet + (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let digest = Digest(hashing: bytes)
        let server = try FileServer(["kubelet": bytes, "kubelet.sha256": Array(digest.hex.utf8)])
        try scratch.write("store/partial/" + digest.hex, Array(bytes.prefix(150_000)))
        let outcome = await resolver(server).resolve([plan(server)], for: .amd64, existing: Lock())
        #expect(outcome.failures == [] && outcome.lock["kubelet"]?.digest == digest)
        #expect(try server.requests().contains("GET /plain/kubelet bytes=150000-"))
        // What was begun was of something else: fetched once more, from the start.
        try FileManager.default.removeItem(atPath: scratch.file("store/blobs/sha256/" + digest.hex))
        try scratch.write("store/partial/" + digest.hex, [UInt8](repeating: 0, count: 1000))
        let again = await resolver(server).resolve([plan(server)], for: .amd64, existing: Lock())
        #expect(again.lock == outcome.lock && again.failures == [])
        #expect(try server.requests().suffix(2) == ["GET /plain/kubelet bytes=1000-", "GET /plain/kubelet"])
    }

    @Test func aDiskThatIsTooSmallIsKnownBefore() throws {
        let payloads = [([1, 2, 3], "a"), ([4, 5], "b")].map { bytes, name in
            LockedPayload(
                name: name, address: .https("https://h/x"), size: Int64(bytes.count), digest: Digest(hashing: bytes))
        }
        try scratch.write("store/blobs/sha256/" + Digest(hashing: [4, 5]).hex, [4, 5])
        try scratch.write("store/partial/" + Digest(hashing: [1, 2, 3]).hex, [1])
        let need = FetchNeed(payloads + payloads, in: store)
        #expect(need.missing == 2 && need.present == 3)
        #expect(throws: Never.self) { try need.check(free: 2, in: store) }
        #expect(throws: Never.self) { try need.check(free: nil, in: store) }
        let error = #expect(throws: PayloadError.self) { try need.check(free: 1, in: store) }
        #expect(
            error?.isEnvironment == true
                && error?.description.contains("needs 2 B more, and its disk has 1 B free") == true)
    }

    // MARK: Signatures

    @Test(.needs("gpg", "gpgv")) func signaturesAreVerifiedWithKeysThatWereGiven() async throws {
        let keys = try SigningKey(scratch, "upstream")
        let other = try SigningKey(scratch, "other")
        let list = Array("\(Self.hex)  kubelet\n".utf8)
        let server = try FileServer([
            "kubelet": Self.kubelet, "SUMS": list, "SUMS.sig": try keys.sign(list),
            "BAD.sig": try keys.sign(list + [10]),
            "INLINE": try keys.clearSign(list),
        ])
        func pin(_ sums: String, _ signature: String?, _ keyring: FilePath?) async -> LockOutcome {
            await resolver(server, keyrings: keyring.map { [$0] } ?? []).resolve(
                [plan(server, sums: sums, signature: signature)], for: .amd64, existing: Lock())
        }
        let signed = PayloadVerification.signedList(fingerprint: keys.fingerprint, at: server.address("plain/SUMS"))
        #expect(await pin("plain/SUMS", "plain/SUMS.sig", keys.keyring).lock["kubelet"]?.verified == signed)
        let inline = await pin("plain/INLINE", nil, keys.keyring)
        #expect(
            inline.lock["kubelet"]?.verified
                == .signedList(fingerprint: keys.fingerprint, at: server.address("plain/INLINE")), "\(inline.failures)")
        // Without the key it is what it is: published, not more.
        let published = PayloadVerification.published(.sha256, at: server.address("plain/SUMS"))
        #expect(await pin("plain/SUMS", "plain/SUMS.sig", other.keyring).lock["kubelet"]?.verified == published)
        #expect(await pin("plain/SUMS", "plain/SUMS.sig", nil).lock["kubelet"]?.verified == published)
        let bad = await pin("plain/SUMS", "plain/BAD.sig", keys.keyring)
        #expect(bad.lock == Lock() && bad.failures.first?.description.contains("its signature is bad") == true)
    }
}

/// A key of OpenPGP, made by gpg for one test.
private struct SigningKey {
    let home: String
    let fingerprint: String
    let keyring: FilePath
    private let scratch: Scratch

    init(_ scratch: Scratch, _ name: String) throws {
        self.scratch = scratch
        home = scratch.file(name)
        try FileManager.default.createDirectory(
            atPath: home, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let options = ["--homedir", home, "--batch", "--no-tty", "--quiet"]
        try Tool.run(
            "gpg",
            options + ["--passphrase", "", "--quick-generate-key", "\(name)@example.org", "ed25519", "sign", "0"])
        let listed = try Tool.run("gpg", options + ["--with-colons", "--list-keys"]).output
        let line = listed.split(separator: "\n").first { $0.hasPrefix("fpr:") }
        fingerprint = line.flatMap { $0.split(separator: ":").last.map(String.init) } ?? ""
        keyring = FilePath(home + "/keyring.gpg")
        try Tool.run("gpg", options + ["--output", keyring.string, "--export"])
    }

    func sign(_ bytes: [UInt8]) throws -> [UInt8] { try made(bytes, "--detach-sign") }
    func clearSign(_ bytes: [UInt8]) throws -> [UInt8] { try made(bytes, "--clear-sign") }

    private func made(_ bytes: [UInt8], _ how: String) throws -> [UInt8] {
        let (input, output) = (home + "/in", home + "/out")
        try Data(bytes).write(to: URL(fileURLWithPath: input))
        try? FileManager.default.removeItem(atPath: output)
        try Tool.run("gpg", ["--homedir", home, "--batch", "--no-tty", "--quiet", "--output", output, how, input])
        return try [UInt8](Data(contentsOf: URL(fileURLWithPath: output)))
    }
}
