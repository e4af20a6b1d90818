import Foundation
import TestSupport
import Testing

/// Bundles pushed to Debian's docker-registry and pulled again, through the program; a proxy counts and misbehaves.
@Suite("Bundles in registries", .serialized, .needs(missing: RegistryServer.missing))
struct PublishingTests {
    private let scratch: Scratch
    private let registry: RegistryServer

    init() throws {
        scratch = try Scratch()
        try Tool.run("/bin/cp", [try Self.made.get().file("full.tar"), scratch.file("full.tar")])
        registry = try RegistryServer.debian(scratch)
    }

    /// A bundle with a payload of 3 MB in it, made once.
    private static let made = Result {
        let scratch = try Scratch()
        let slipway = Repository.slipway.path
        let spec = try scratch.write(
            "simple.yaml", try String(contentsOf: Repository.topology("simple"), encoding: .utf8))
        var random = SeededGenerator(seed: 7)
        try scratch.write("program", random.bytes(3_000_000))
        let digest = try Tool("sha256sum").run([scratch.file("program")]).output.prefix(64)
        try scratch.write(
            "simple.lock",
            "version: 1\npayloads: { kubectl: { url: \"file:program\", size: 3000000, digest: \"sha256:\(digest)\" } }\n"
        )
        for command in [
            ["secrets", "new", scratch.file("secret")],
            [
                "bundle", spec, "--secrets", scratch.file("secret"), "--templates", Repository.templates.path, "--out",
                scratch.file("out"),
            ],
        ] {
            let ran = try Child.run([slipway] + command, limit: .seconds(120))
            try #require(ran.status == 0, "\(ran.transcript)")
        }
        let name = try #require(try scratch.names("out").first { $0.hasSuffix(".tar") })
        let script = try scratch.write("fill.py", Self.fill)
        let filled = try Tool("python3").run([
            script, scratch.file("out/\(name)"), scratch.file("program"), scratch.file("full.tar"),
        ])
        try #require(filled.status == 0, "\(filled.transcript)")
        let verified = try Child.run([slipway, "verify", scratch.file("full.tar")])
        try #require(verified.status == 0 && !verified.output.contains("kubectl,"), "\(verified.transcript)")
        return scratch
    }

    /// Puts a payload into a bundle, at its place before the description.
    private static let fill = #"""
        import hashlib, sys
        source, payload = open(sys.argv[1], "rb").read(), open(sys.argv[2], "rb").read()
        members, at = [], 0
        while source[at] != 0:
            size = int(source[at + 124:at + 135], 8)
            end = at + 512 + (size + 511) // 512 * 512
            members.append(source[at:end])
            at = end
        block = bytearray(members[0][:512])
        block[0:100] = ("blobs/sha256/" + hashlib.sha256(payload).hexdigest()).encode().ljust(100, b"\0")
        block[124:136] = b"%011o " % len(payload)
        block[148:156] = b" " * 8
        block[148:156] = b"%06o\0 " % sum(block)
        members.insert(len(members) - 8, bytes(block) + payload + b"\0" * (-len(payload) % 512))
        open(sys.argv[3], "wb").write(b"".join(members) + b"\0" * 1024)
        """#

    // MARK: There and back

    @Test("pushed and pulled it is the same file, and a second push sends nothing")
    func thereAndBack() throws {
        let proxy = try RegistryProxy(registry)
        try push("full.tar", proxy)
        #expect(try uploads(proxy) > 50)
        try pull(proxy, "back.tar")
        #expect(try scratch.bytes("back.tar") == scratch.bytes("full.tar"))
        #expect(try scratch.mode("back.tar") == 0o600)
        #expect(!scratch.exists("back.tar.parts"))

        try proxy.forget()
        let again = try push("full.tar", proxy)
        #expect(again.output.contains("sent           0 blobs, 0 bytes"), "\(again.transcript)")
        #expect(try uploads(proxy) == 0)
        // Only loopback is spoken to without TLS.
        let plain = try slipway("push", "full.tar", "oci://registry.invalid/x:1")
        #expect(plain.status == 3, "\(plain.transcript)")
    }

    @Test("without payloads it is thin, and the digests are the same") func thin() throws {
        try push("full.tar", registry.host, "--thin")
        try pull(registry.host, "thin.tar")
        #expect(try scratch.bytes("thin.tar").count < scratch.bytes("full.tar").count - 2_900_000)
        let digests = try ["full.tar", "thin.tar"].map { try digest($0) }
        #expect(digests[0] == digests[1])
        try push("full.tar", registry.host)
        try pull(registry.host, "thin-again.tar", "--thin")
        #expect(try scratch.bytes("thin-again.tar") == scratch.bytes("thin.tar"))
    }

    @Test("skopeo copies what was pushed into a directory and to another registry, from which it is pulled")
    func skopeo() throws {
        try push("full.tar", registry.host, "--thin")
        try pull(registry.host, "thin.tar")
        for (from, to) in [
            ("docker://\(registry.host)/clusters/simple:v1", "dir:\(scratch.file("dir"))"),
            ("docker://\(registry.host)/clusters/simple:v1", "oci:\(scratch.file("layout")):v1"),
            ("oci:\(scratch.file("layout")):v1", "docker://\(registry.host)/copied/simple:v1"),
        ] {
            let copied = try Tool.skopeo.run([
                "--insecure-policy", "copy", "--all", "--preserve-digests", "--src-tls-verify=false",
                "--dest-tls-verify=false", from, to,
            ])
            try #require(copied.status == 0, "\(copied.transcript)")
        }
        #expect(try scratch.names("dir").count > 50)
        let pulled = try slipway("pull", "oci://\(registry.host)/copied/simple:v1", "copied.tar")
        try #require(pulled.status == 0, "\(pulled.transcript)")
        #expect(try scratch.bytes("copied.tar") == scratch.bytes("thin.tar"))
    }

    @Test("a sealed bundle comes back sealed, the same", .needs("age-keygen")) func sealed() throws {
        let key = try Tool("age-keygen").run(["-o", scratch.file("key")])
        let recipient = try #require(key.errors.split(separator: ": ").last).trimmingCharacters(in: .newlines)
        let sealed = try slipway("seal", "full.tar", "--recipient", recipient)
        try #require(sealed.status == 0, "\(sealed.transcript)")
        let pushed = try push("full.sealed.tar", registry.host)
        #expect(!pushed.errors.contains("note:"), "\(pushed.transcript)")
        try pull(registry.host, "back.tar")
        #expect(try scratch.bytes("back.tar") == scratch.bytes("full.sealed.tar"))
        let opened = try slipway("open", "back.tar", "--identity", "key", "--out", "opened.tar")
        #expect(opened.status == 0, "\(opened.transcript)")
        #expect(try scratch.bytes("opened.tar") == scratch.bytes("full.tar"))
    }

    // MARK: Signatures

    @Test(
        "signatures travel with it, whether or not the registry has a list of referrers; under a policy nothing else is fetched without one",
        .needs(.sshKeygen), arguments: [false, true])
    func signed(_ hasReferrers: Bool) throws {
        let proxy = try hasReferrers ? RegistryProxy(registry, "referrers") : RegistryProxy(registry)
        for name in ["maker", "other"] {
            #expect(
                try Tool.sshKeygen.run(["-q", "-t", "ed25519", "-N", "", "-f", scratch.file(name)]).status == 0)
        }
        try scratch.write("allowed", "maker@example.org \(try scratch.read("maker.pub"))")
        let policy = ["--allowed-signers", scratch.file("allowed")]
        try push("full.tar", proxy)
        for key in ["", "other"] {
            if !key.isEmpty {
                #expect(try slipway("sign", "full.tar", "--key", scratch.file(key)).status == 0)
                try push("full.tar", proxy)
            }
            try proxy.forget()
            let refused = try slipway(["pull", reference(proxy.host), "back.tar"] + policy)
            #expect(
                refused.status == 1
                    && refused.errors.contains(key.isEmpty ? "is not signed" : "nobody whom"), "\(refused.transcript)")
            // The index, the referrers and what they bring, and nothing that the index names.
            let fetched = try proxy.requests().filter { $0.hasPrefix("GET") && $0.contains("/blobs/") }
            #expect(fetched.count == (key.isEmpty ? 0 : 1), "\(fetched)")
            #expect(try scratch.names().filter { $0.hasPrefix("back.tar") }.isEmpty)
        }
        #expect(try slipway("sign", "full.tar", "--key", scratch.file("maker")).status == 0)
        try push("full.tar", proxy)
        let tagged = try proxy.requests().contains { $0.hasPrefix("PUT") && $0.contains("/manifests/sha256-") }
        #expect(tagged != hasReferrers)
        let pulled = try slipway(["pull", reference(proxy.host), "back.tar"] + policy)
        #expect(pulled.status == 0 && pulled.errors.contains("signed by maker@example.org"), "\(pulled.transcript)")
        #expect(try scratch.bytes("back.tar") == scratch.bytes("full.tar"))
        #expect(try slipway(["verify", "back.tar"] + policy).status == 0)
        // Without a policy they are brought all the same.
        try scratch.remove("back.tar")
        try scratch.remove("back.tar.sig")
        try pull(proxy, "back.tar")
        #expect(try slipway(["verify", "back.tar"] + policy).status == 0)
    }

    @Test("oras reads it, sees who says something about it, and copies all of that", .needs(.sshKeygen, .oras))
    func oras() throws {
        #expect(try Tool.sshKeygen.run(["-q", "-t", "ed25519", "-N", "", "-f", scratch.file("maker")]).status == 0)
        try scratch.write("allowed", "maker@example.org \(try scratch.read("maker.pub"))")
        #expect(try slipway("sign", "full.tar", "--key", scratch.file("maker")).status == 0)
        try push("full.tar", registry.host)
        let source = "\(registry.host)/clusters/simple:v1"
        let manifest = try Tool.oras.run(["manifest", "fetch", "--plain-http", source])
        #expect(manifest.status == 0 && manifest.output.contains("dev.slipway.part"), "\(manifest.transcript)")
        let seen = try Tool.oras.run(["discover", "--plain-http", source])
        for type in ["signatures", "payloads"] {
            #expect(seen.output.contains("application/vnd.slipway.bundle.\(type).v1"), "\(seen.transcript)")
        }
        let copied = try Tool.oras.run([
            "copy", "--recursive", "--from-plain-http", "--to-plain-http", source, "\(registry.host)/copied/simple:v1",
        ])
        try #require(copied.status == 0, "\(copied.transcript)")
        let pulled = try slipway(
            "pull", "oci://\(registry.host)/copied/simple:v1", "back.tar", "--allowed-signers", "allowed")
        #expect(pulled.status == 0, "\(pulled.transcript)")
        #expect(try scratch.bytes("back.tar") == scratch.bytes("full.tar"))
    }

    // MARK: What goes wrong on the way

    /// Debian's registry forgets an upload of which a request was cut off: the blob is sent again, and no other.
    @Test(
        "an upload that is cut off is gone on with where the registry says, and so is a download",
        arguments: [false, true])
    func cut(_ keepsUploads: Bool) throws {
        let proxy =
            try keepsUploads
            ? RegistryProxy(registry, "cut", "cutdown", "sessions") : RegistryProxy(registry, "cut", "cutdown")
        try push("full.tar", proxy)
        let patches = try proxy.requests().filter { $0.hasPrefix("PATCH") }
        #expect(patches.count == 2 && patches[0].hasSuffix(" cut"), "\(patches)")
        #expect(patches.last?.contains(keepsUploads ? " 1500000-2999999 " : " 0-2999999 ") == true, "\(patches)")
        let finished = try proxy.requests().filter { $0.hasPrefix("PUT") && $0.contains("digest=") }
        #expect(Set(finished).count == finished.count)
        try pull(proxy, "back.tar")
        #expect(try proxy.requests().contains { $0.hasPrefix("GET") && $0.contains(" bytes=1500000-") })
        #expect(try scratch.bytes("back.tar") == scratch.bytes("full.tar"))
    }

    @Test("what an earlier run brought is not fetched again") func resumed() throws {
        let proxy = try RegistryProxy(registry)
        try push("full.tar", proxy)
        let digest = try Tool("sha256sum").run([try Self.made.get().file("program")]).output.prefix(64)
        let payload = try Self.made.get().bytes("program")
        for half in [Array(payload[..<1_000_000]), [UInt8](repeating: 1, count: 1_000_000), payload] {
            try scratch.write("back.tar.parts/\(digest)", half)
            try proxy.forget()
            try pull(proxy, "back.tar")
            let asked = try proxy.requests().filter { $0.hasPrefix("GET") && $0.contains("/blobs/sha256:\(digest)") }
            let ranges = asked.map { $0.split(separator: " ")[2] }
            #expect(
                ranges
                    == (half.count == payload.count
                        ? [] : half[0] == 1 && half[1] == 1 ? ["bytes=1000000-", "-"] : ["bytes=1000000-"]))
            #expect(try scratch.bytes("back.tar") == scratch.bytes("full.tar"))
            try scratch.remove("back.tar")
        }
    }

    @Test("a token to write is asked for by push, one to read by pull") func token() throws {
        let proxy = try RegistryProxy(registry, "token")
        try push("full.tar", proxy)
        var tokens = try proxy.requests().filter { $0.contains("/token") }
        #expect(!tokens.isEmpty && tokens.allSatisfy { $0.contains("clusters%2Fsimple%3Apull%2Cpush") }, "\(tokens)")
        try proxy.forget()
        try pull(proxy, "back.tar")
        tokens = try proxy.requests().filter { $0.contains("/token") }
        #expect(!tokens.isEmpty && tokens.allSatisfy { $0.contains("clusters%2Fsimple%3Apull&") }, "\(tokens)")
        #expect(try scratch.bytes("back.tar") == scratch.bytes("full.tar"))
    }

    @Test("blobs that are not what their digest says are not kept") func wrong() throws {
        try push("full.tar", registry.host)
        let proxy = try RegistryProxy(registry, "wrong")
        let refused = try slipway("pull", reference(proxy.host), "back.tar")
        #expect(refused.status == 1 && refused.errors.contains("is not what its digest says"), "\(refused.transcript)")
        #expect(!scratch.exists("back.tar"))
        // What came rightly is kept, and the rest comes from where it is right.
        let before = try scratch.names("back.tar.parts").count
        #expect(before > 10)
        try pull(registry.host, "back.tar")
        #expect(try scratch.bytes("back.tar") == scratch.bytes("full.tar"))
    }

    @Test("what is no bundle, and names that are none") func refusals() throws {
        try RegistryServer.makeImages(scratch, "images")
        #expect(try registry.push("images", "many", as: "clusters/simple:v1").status == 0)
        let image = try slipway("pull", reference(registry.host), "back.tar")
        #expect(image.status == 1 && image.errors.contains("is no Slipway bundle"), "\(image.transcript)")
        let absent = try slipway("pull", "oci://\(registry.host)/nothing:v1", "back.tar")
        #expect(absent.status == 1 && absent.errors.contains("the registry has no"), "\(absent.transcript)")
        for name in [
            "registry.example/x:1", "oci://x:1", "oci://registry.example/x", "oci://registry.example/X:1", "oci://",
        ] {
            let refused = try slipway("pull", name)
            #expect(refused.status == 1 && refused.errors.contains("does not name a bundle"), "\(refused.transcript)")
        }
        try scratch.write("damaged.tar", try scratch.bytes("full.tar") + [0])
        let damaged = try slipway("push", "damaged.tar", reference(registry.host))
        #expect(damaged.status == 1 && damaged.errors.contains("was not pushed"), "\(damaged.transcript)")
    }

    // MARK: Means

    private func slipway(_ arguments: String...) throws -> Child.Outcome { try slipway(arguments) }

    private func slipway(_ arguments: [String]) throws -> Child.Outcome {
        try Child.run(
            [Repository.slipway.path] + arguments, in: scratch.url,
            environment: [
                "XDG_CONFIG_HOME": scratch.file("config"), "DOCKER_CONFIG": scratch.file("docker"),
                // Nobody is asked beyond this computer.
                "https_proxy": "http://127.0.0.1:1", "HTTPS_PROXY": "http://127.0.0.1:1",
            ], limit: .seconds(180))
    }

    private func reference(_ host: String) -> String { "oci://\(host)/clusters/simple:v1" }

    @discardableResult
    private func push(_ bundle: String, _ proxy: RegistryProxy) throws -> Child.Outcome { try push(bundle, proxy.host) }

    @discardableResult
    private func push(_ bundle: String, _ host: String, _ more: String...) throws -> Child.Outcome {
        let pushed = try slipway(["push", bundle, reference(host)] + more)
        try #require(pushed.status == 0, "\(pushed.transcript)")
        return pushed
    }

    private func pull(_ proxy: RegistryProxy, _ name: String) throws { try pull(proxy.host, name) }

    private func pull(_ host: String, _ name: String, _ more: String...) throws {
        let pulled = try slipway(["pull", reference(host), name] + more)
        try #require(pulled.status == 0, "\(pulled.transcript)")
    }

    private func uploads(_ proxy: RegistryProxy) throws -> Int {
        try proxy.requests().count { $0.contains("/blobs/uploads/") }
    }

    private func digest(_ bundle: String) throws -> Substring? {
        try slipway("verify", bundle).output.split(separator: "\n").first { $0.hasPrefix("bundle digest") }
    }
}
