import Foundation
import TestSupport
import Testing

/// `packages:` of a topology through the program, from a small archive of the test's own on loopback, signed by a key of its own.
@Suite(.needs("python3", "curl", "gpg", "gpgv", "dpkg-deb", "gzip"))
struct PackageProgramTests {
    private let archive: StandInArchive
    private var scratch: Scratch { archive.scratch }

    init() throws {
        archive = try StandInArchive()
        try archive.publish(["app 1; Depends: lib; Pre-Depends: base", "lib 1", "base 1; Depends: lib", "other 1"])
        try writeTopology(packages: "app")
    }

    private func writeTopology(packages: String) throws {
        try scratch.write(
            "small.yaml",
            """
            version: 1
            name: small
            epoch: 2026-11-22
            guest: { os: debian-13, architecture: amd64 }
            packages: { jump: [\(packages)] }
            machines:
              - { name: jump, role: jump, address: 192.168.64.12 }
              - { name: etcd-1, role: etcd, address: 192.168.64.21 }
              - { name: master-1, role: control-plane, address: 192.168.64.31 }

            """)
    }

    private func slipway(_ arguments: String...) throws -> Child.Outcome {
        try Child.run(
            [Repository.slipway.path] + arguments,
            environment: [
                "XDG_CACHE_HOME": scratch.file("cache"), "http_proxy": "", "https_proxy": "http://127.0.0.1:1",
            ])
    }

    private func lock(_ options: String...) throws -> Child.Outcome {
        try Child.run(
            [Repository.slipway.path, "lock", scratch.file("small.yaml"), "packages-jump"]
                + ["--archive", "\(archive.address) trixie main", "--keyring", scratch.file("keys.gpg")] + options,
            environment: ["XDG_CACHE_HOME": scratch.file("cache"), "http_proxy": ""])
    }

    @Test func lockedFetchedAndPlanned() throws {
        let locked = try lock()
        #expect(locked.status == 0, "\(locked.transcript)")
        let text = try scratch.read("small.lock")
        #expect(text.contains("packages: debian-13/amd64 app\n"))
        #expect(text.contains("verified: \"signed by "))
        let members = text.split(separator: "\n").filter { $0.contains(".deb: ") }
        #expect(members.count == 3)
        // What the package pre-depends on, and that needs, comes before it.
        #expect(members.filter { $0.contains("stage: 1") }.map { $0.contains("app_1_all.deb") } == [true])
        #expect(members.allSatisfy { $0.contains("url: \(archive.address)/pool/") })
        try FileManager.default.removeItem(atPath: scratch.file("cache"))
        let fetched = try slipway("fetch", scratch.file("small.yaml"))
        #expect(fetched.status == 0, "\(fetched.transcript)")
        #expect(try scratch.names("cache/slipway/blobs/sha256").count == 3)
        let plan = try slipway("plan", scratch.file("small.yaml"), "--machine", "jump")
        #expect(plan.output.contains("packages-jump: app\n"), "\(plan.transcript)")
    }

    @Test func checkSaysWhatIsNewerAndWhatIsGone() throws {
        #expect(try lock().status == 0)
        let pinned = try scratch.read("small.lock")
        func check() throws -> Child.Outcome {
            let outcome = try lock("--check")
            #expect(try scratch.read("small.lock") == pinned)
            return outcome
        }
        #expect(try check().output == "packages-jump  current\n")
        try archive.publish(["app 2; Depends: lib; Pre-Depends: base", "lib 1", "base 1; Depends: lib", "other 1"])
        let newer = try check()
        #expect(newer.output == "packages-jump  newer  has app_2_all.deb, pinned is app_1_all.deb\n")
        #expect(newer.status == 0)
        try FileManager.default.removeItem(atPath: scratch.file("archive/pool/app_1.deb"))
        let gone = try check()
        #expect(gone.output.hasPrefix("packages-jump  gone  the server has no \(archive.address)/pool/app_1.deb"))
        #expect(gone.status == 1)
        try writeTopology(packages: "app, other")
        #expect(
            try check().output.hasPrefix("packages-jump  replaced  the topology wants app other of debian-13/amd64"))
        // And then it is pinned.
        #expect(try lock().status == 0)
        #expect(try scratch.read("small.lock").contains("packages: debian-13/amd64 app other\n"))
    }

    @Test func whatWasExchangedIsRefused() throws {
        #expect(try lock().status == 0)
        let size = try scratch.bytes("archive/pool/lib_1.deb").count
        try scratch.write("archive/pool/lib_1.deb", [UInt8](repeating: 7, count: size))
        try FileManager.default.removeItem(atPath: scratch.file("cache"))
        let fetched = try slipway("fetch", scratch.file("small.yaml"))
        #expect(fetched.status == 1 && fetched.errors.contains("lib_1_all.deb"), "\(fetched.transcript)")
        // Nobody but the archive's own key vouches for an index.
        let unknown = try Child.run(
            [
                Repository.slipway.path, "lock", scratch.file("small.yaml"), "packages-jump", "--refresh",
                "packages-jump",
            ]
                + ["--archive", "\(archive.address) trixie main", "--keyring", scratch.file("other.gpg")],
            environment: ["XDG_CACHE_HOME": scratch.file("cache"), "http_proxy": ""])
        #expect(unknown.status == 1 && unknown.errors.contains("not in the keyring"), "\(unknown.transcript)")
        let words = try lock("--archive", "trixie main")
        #expect(words.status == 2 && words.errors.contains("--archive takes an address"), "\(words.transcript)")
    }
}

/// A suite `trixie` of packages that hold nothing, on a port of loopback.
private final class StandInArchive {
    let scratch: Scratch
    let address: String
    private let server: Child

    struct Failed: Error, CustomStringConvertible { let description: String }

    init() throws {
        scratch = try Scratch()
        for directory in ["archive/pool", "archive/dists/trixie/main/binary-amd64", "keys"] {
            try FileManager.default.createDirectory(
                atPath: scratch.file(directory), withIntermediateDirectories: true)
        }
        try Self.run(
            """
            chmod 700 keys
            for name in mine other; do
                gpg --batch --quiet --passphrase '' --quick-generate-key $name ed25519 sign never
                gpg --batch --quiet --export $name >$name.gpg
            done
            mv mine.gpg keys.gpg
            """, in: scratch)
        server = try Child(starting: [
            try Tool("python3").requirePath(), "-u", "-m", "http.server", "--bind", "127.0.0.1", "--directory",
            scratch.file("archive"), "0",
        ])
        let end = ContinuousClock.now + .seconds(20)
        var port: Substring = ""
        while port.isEmpty {
            guard server.isRunning, ContinuousClock.now < end else { throw Failed(description: server.printed) }
            Thread.sleep(forTimeInterval: 0.02)
            port = server.printed.split(separator: " port ").dropFirst().first?.prefix { $0.isNumber } ?? ""
        }
        address = "http://127.0.0.1:\(port)"
    }

    deinit {
        server.stop()
        try? Self.run("gpgconf --kill gpg-agent", in: scratch)
    }

    /// Each `NAME VERSION; FIELD: VALUE; …`. Files of the pool stay.
    func publish(_ packages: [String]) throws {
        try scratch.write("packages", packages.joined(separator: "\n") + "\n")
        try Self.run(
            #"""
            : >Packages
            while IFS= read -r line; do
                set -- ${line%%;*}
                rm -rf package && mkdir -p package/DEBIAN
                printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: test\nDescription: test\n' "$1" "$2" >package/DEBIAN/control
                case $line in *\;*) echo "${line#*;}" | tr ';' '\n' | sed 's/^ *//' >>package/DEBIAN/control ;; esac
                file=archive/pool/$1_$2.deb
                [ -e "$file" ] || dpkg-deb --build --root-owner-group package "$file" >/dev/null
                { cat package/DEBIAN/control; echo "Filename: pool/$1_$2.deb"; echo "Size: $(wc -c <"$file")"
                    echo "SHA256: $(sha256sum "$file" | cut -d ' ' -f 1)"; echo; } >>Packages
            done <packages
            index=archive/dists/trixie/main/binary-amd64/Packages.gz
            gzip -n <Packages >$index
            { echo "Origin: Debian"; echo "Suite: stable"; echo "Codename: trixie"
                LC_ALL=C date -u '+Date: %a, %d %b %Y %H:%M:%S UTC'; echo "SHA256:"
                for file in Packages $index; do
                    echo " $(sha256sum $file | cut -d ' ' -f 1) $(wc -c <$file) main/binary-amd64/$(basename $file)"
                done; } >Release
            gpg --batch --quiet --yes --local-user mine --output archive/dists/trixie/InRelease --clear-sign Release
            """#, in: scratch)
    }

    private static func run(_ script: String, in scratch: Scratch) throws {
        let outcome = try Tool("sh").run(
            ["-euc", script], in: scratch.url, environment: ["GNUPGHOME": scratch.file("keys")], limit: .seconds(60))
        guard outcome.status == 0 else { throw Failed(description: outcome.transcript) }
    }
}
