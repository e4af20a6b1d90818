import Foundation
import TestSupport
import Testing

/// Images of the default cluster through `slipway lock` and `slipway fetch`, from registries on loopback that stand in as mirrors.
@Suite("Images from registries", .needs(missing: RegistryServer.missing))
struct RegistryProgramTests {
    private let scratch: Scratch
    private let spec: String

    init() throws {
        scratch = try Scratch()
        spec = scratch.file("ha.yaml")
        try scratch.write("ha.yaml", try String(contentsOf: Repository.topology("ha"), encoding: .utf8))
        try RegistryServer.makeImages(scratch, "images")
    }

    private func mirror(_ server: RegistryServer) throws {
        try scratch.write(
            "config/slipway/registries.yaml",
            "mirrors: { registry.k8s.io: { endpoint: [\"http://\(server.host)\"] } }\n")
    }

    private func slipway(_ arguments: String...) throws -> Child.Outcome {
        try Child.run(
            [Repository.slipway.path] + arguments + ["--store", scratch.file("store")],
            environment: [
                "XDG_CONFIG_HOME": scratch.file("config"), "DOCKER_CONFIG": scratch.file("docker"),
                // Nobody is asked beyond this computer.
                "https_proxy": "http://127.0.0.1:1", "HTTPS_PROXY": "http://127.0.0.1:1",
                "PATH": "\(scratch.file("bin")):/usr/local/bin:/usr/bin:/bin",
            ])
    }

    private func lock() throws -> Child.Outcome { try slipway("lock", spec, "image-pause") }

    private var stored: [String] { (try? scratch.names("store/blobs/sha256")) ?? [] }

    /// A registry with faults, as the mirror from which everything comes.
    private func faulty(_ faults: String..., serving tag: String = "many") throws -> RegistryServer {
        let server = try RegistryServer.own(scratch, layout: "images", serving: tag, faults)
        try mirror(server)
        return server
    }

    // MARK: Debian's registry

    /// What `lock --check` says of the pause image; it changes nothing.
    private func check() throws -> String {
        let before = try scratch.read("ha.lock")
        let checked = try slipway("lock", "--check", spec, "image-pause")
        #expect(checked.status == 0, "\(checked.transcript)")
        #expect(try scratch.read("ha.lock") == before)
        return checked.output
    }

    @Test("One image, an index and a tag that moves: the tag is asked for by lock, digests by fetch")
    func debian() throws {
        let registry = try RegistryServer.debian(scratch)
        try mirror(registry)
        let nothing = try lock()
        #expect(nothing.status == 1 || nothing.status == 3, "\(nothing.transcript)")
        let tag = try #require(
            nothing.errors.split(separator: "registry.k8s.io/pause:").dropFirst().first?.prefix {
                $0.isNumber || $0 == "."
            })
        // The mirror has none, and nobody answers for the registry itself.
        #expect(!scratch.exists("store/blobs/sha256/x"))
        for (number, source) in ["one", "many"].enumerated() {
            if number == 1 { try RegistryServer.makeImages(scratch, "newer", seed: 2) }
            let pushed = try registry.push(number == 0 ? "images" : "newer", source, as: "pause:\(tag)")
            #expect(pushed.status == 0, "\(pushed.transcript)")
            let outcome = try slipway("lock", spec, "image-pause", "--refresh", "image-pause")
            #expect(outcome.status == 0, "\(outcome.transcript)")
            let text = try scratch.read("ha.lock")
            #expect(text.contains("image: registry.k8s.io/pause:\(tag)\n"))
            #expect(text.contains("verified: \"nobody: first use\""))
            #expect(try check().hasPrefix("image-pause  current"))
            // Manifest, configuration, two layers; the layer that both have is there once.
            #expect(stored.count == (number == 0 ? 4 : 7))
            let outside = try scratch.read("ha.lock")
            try FileManager.default.removeItem(atPath: scratch.file("store"))
            if number == 1 {
                #expect(try registry.push("images", "one", as: "pause:\(tag)").status == 0)
                let told = try check()
                #expect(told.hasPrefix("image-pause  newer  registry.k8s.io/pause:\(tag) is sha256:"), "\(told)")
            }
            // The tag is another image now; what is fetched is what was pinned.
            let moved = try registry.push(number == 0 ? "newer" : "images", "other", as: "pause:\(tag)")
            if number == 0 {
                try? FileManager.default.removeItem(atPath: scratch.file("newer"))
            }
            #expect(moved.status == 0 || number == 0)
            let fetched = try slipway("fetch", spec, "image-pause")
            #expect(fetched.status == 0, "\(fetched.transcript)")
            #expect(stored.count == 4)
            #expect(try scratch.read("ha.lock") == outside)
            for name in stored {
                let sum = try Tool("sha256sum").run([scratch.file("store/blobs/sha256/\(name)")])
                #expect(sum.output.hasPrefix(name))
            }
        }
    }

    // MARK: One that misbehaves

    @Test("A blob that is cut off is gone on with where it stopped")
    func cut() throws {
        let server = try faulty("cut", "busy")
        let outcome = try lock()
        #expect(outcome.status == 0, "\(outcome.transcript)")
        #expect(stored.count == 4)
        #expect(try server.requests().contains { $0.contains("/blobs/") && $0.contains("bytes=") })
    }

    @Test("What an earlier run left is used, and when it is something else the blob is fetched anew")
    func resumed() throws {
        let server = try faulty()
        #expect(try lock().status == 0)
        let layer = try #require(
            try stored.first { try scratch.bytes("store/blobs/sha256/\($0)").count > 1 << 20 })
        let content = try scratch.bytes("store/blobs/sha256/\(layer)")
        for wrong in [false, true] {
            try scratch.remove("store/blobs/sha256/\(layer)")
            var half = Array(content.prefix(content.count / 2))
            if wrong { half[0] ^= 1 }
            try scratch.write("store/partial/\(layer)", half)
            let outcome = try slipway("fetch", spec, "image-pause")
            #expect(outcome.status == 0, "\(outcome.transcript)")
            #expect(try scratch.bytes("store/blobs/sha256/\(layer)") == content)
            #expect(try server.requests().contains { $0.contains("bytes=\(half.count)-") })
        }
    }

    @Test("Bytes that are not what their digest says are not kept")
    func wrongDigest() throws {
        let server = try faulty("wrong")
        let outcome = try lock()
        #expect(outcome.status != 0)
        #expect(outcome.errors.contains("expected sha256:"), "\(outcome.transcript)")
        #expect(!(try scratch.read("ha.lock")).contains("image-pause"))
        #expect(try scratch.names("store/partial").isEmpty)
        #expect(try server.requests().contains { $0.contains("/blobs/") })
    }

    @Test("A token is asked for once, and neither it nor a password follows a redirect to another port")
    func tokenAndRedirect() throws {
        try scratch.write(
            "docker/config.json", #"{"auths":{"HOST":{"auth":"dXNlcjpzZTpjcmV0"}}}"#)
        let server = try faulty("token", "basic", "redirect")
        let configuration = try scratch.read("docker/config.json").replacing("HOST", with: server.host)
        try scratch.write("docker/config.json", configuration)
        let outcome = try lock()
        #expect(outcome.status == 0, "\(outcome.transcript)")
        let requests = try server.requests()
        #expect(requests.contains { $0.contains("/token?scope=repository%3Apause%3Apull&service=test - Basic") })
        #expect(requests.contains { $0.hasPrefix("elsewhere") })
        for request in requests where request.hasPrefix("elsewhere") { #expect(request.contains("nobody")) }
        #expect(!outcome.transcript.contains("cret"))
    }

    @Test(
        "Passwords and identity tokens are taken from a credential helper, and without any the message says what to do")
    func helper() throws {
        let unknown = try faulty("basic")
        let refused = try lock()
        #expect(refused.status != 0)
        #expect(!refused.transcript.contains("Basic"))
        _ = unknown
        try scratch.program(
            "bin/docker-credential-test",
            #"[ "$1" = get ] && read -r host && echo "$host" >\#(scratch.file("asked")) && echo '{"ServerURL":"x","Username":"user","Secret":"se:cret"}'"#
        )
        try scratch.write("docker/config.json", #"{"credsStore":"test"}"#)
        let server = try faulty("basic")
        let outcome = try lock()
        #expect(outcome.status == 0, "\(outcome.transcript)")
        #expect(try scratch.read("asked") == server.host + "\n")

        try scratch.program(
            "bin/docker-credential-test",
            #"cat >/dev/null; echo '{"ServerURL":"x","Username":"<token>","Secret":"identity"}'"#)
        let identity = try faulty("token", "identity")
        let third = try slipway("lock", spec, "image-pause", "--refresh", "image-pause")
        #expect(third.status == 0, "\(third.transcript)")
        #expect(
            try identity.requests().contains { $0.contains("POST /token") && $0.contains("refresh_token=identity") })
    }

    @Test("An image for another system is refused")
    func platform() throws {
        let server = try faulty(serving: "other")
        let outcome = try lock()
        #expect(outcome.status != 0)
        #expect(outcome.errors.contains("linux/s390x"), "\(outcome.transcript)")
        #expect(stored.isEmpty)
        #expect(try server.requests().count >= 2)
    }
}
