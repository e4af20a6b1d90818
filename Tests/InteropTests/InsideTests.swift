import Foundation
import TestSupport
import Testing

/// What a bundle says of what is inside, judged by the libraries of those who made the formats; and bundles that are built again.
@Suite("what is inside a bundle", .serialized, .needs(.tar))
struct InsideTests {
    let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        try Slipway.output(["secrets", "new", scratch.file("secret")])
        try Slipway.output(["secrets", "new", scratch.file("other.secret")])
        let topology = try String(contentsOf: Repository.topology("ha"), encoding: .utf8)
        try scratch.write("ha.yaml", topology)
        try scratch.write("ha.lock", Self.lock)
        try FileManager.default.copyItem(atPath: Repository.templates.path, toPath: scratch.file("templates"))
    }

    private static func digest(_ byte: String) -> String { "sha256:" + String(repeating: byte, count: 32) }

    /// A payload of each kind.
    private static let lock = """
        version: 2
        payloads:
          haproxy:
            packages: ubuntu-24.04/arm64 haproxy
            size: 12
            digest: \(digest("01"))
            verified: "nobody: first use"
            members:
              "haproxy_2.8.5-1ubuntu3+x_arm64.deb": { mode: "0644", size: 5, digest: \(digest("02")), url: https://archive.example/a.deb }
              "liblua5.4-0_1%3a5.4.6-3_arm64.deb": { mode: "0644", size: 7, digest: \(digest("03")), url: https://archive.example/b.deb }
          image-pause:
            image: registry.example/pause:3.10.1
            size: 9
            digest: \(digest("04"))
            members:
              blobs/sha256/\(String(repeating: "04", count: 32)): { mode: "0644", size: 9, digest: \(digest("04")) }
          kubelet:
            url: https://archive.example/kubelet?arch=arm64
            size: 3
            digest: \(digest("05"))

        """

    private func build(_ arguments: String...) throws -> String {
        let made = try Slipway.output(
            [
                "bundle", scratch.file("ha.yaml"), "--secrets", scratch.file("secret"), "--templates",
                scratch.file("templates"), "--out", scratch.file("out"), "--format", "json",
            ] + arguments)
        struct Built: Decodable { let path: String }
        return try JSONDecoder().decode(Built.self, from: Data(made.utf8)).path
    }

    // MARK: Bill of materials and provenance

    @Test("SPDX's own library accepts the bill of materials, with packages, images and licences", .needs(.python))
    func billOfMaterials() throws {
        let bundle = try build()
        let text = try Slipway.output(["cat", bundle, "sbom.spdx.json"])
        let judged = try Tool.python.run([
            Repository.scripts.appendingPathComponent("sbom.py").path, try scratch.write("b.spdx.json", text),
        ])
        try #require(judged.status == 0, "\(judged.transcript)")
        let lines = Set(judged.output.split(separator: "\n").map(String.init))
        for expected in [
            "kubelet 1.36.4 Apache-2.0 pkg:generic/kubelet@1.36.4?checksum=\(Self.digest("05"))"
                + "&download_url=https://archive.example/kubelet%3Farch%3Darm64",
            "haproxy 2.8.5-1ubuntu3+x NOASSERTION pkg:deb/ubuntu/haproxy@2.8.5-1ubuntu3%2Bx?arch=arm64&distro=ubuntu-24.04",
            "liblua5.4-0 1:5.4.6-3 NOASSERTION pkg:deb/ubuntu/liblua5.4-0@1:5.4.6-3?arch=arm64&distro=ubuntu-24.04",
        ] { #expect(lines.contains(expected), "\(expected)\n\(judged.output)") }
        let image =
            "NOASSERTION pkg:oci/pause@\(Self.digest("04"))?arch=arm64&repository_url=registry.example/pause&tag=3.10.1"
        #expect(lines.contains { $0.hasPrefix("image-pause ") && $0.hasSuffix(image) }, "\(judged.output)")
        #expect(lines.contains { $0.hasPrefix("vault ") && $0.contains("BUSL-1.1") }, "\(judged.output)")
        // The schema's spelling, which that library does not insist on.
        #expect(text.contains(#""primaryPackagePurpose":"OPERATING_SYSTEM""#))
        // A judge that judges.
        let wrong = try scratch.write("w.spdx.json", text.replacing("\"Apache-2.0\"", with: "\"No Such Licence\""))
        #expect(try Tool.python.run([Repository.scripts.appendingPathComponent("sbom.py").path, wrong]).status != 0)
    }

    @Test("the provenance names topology, lock, templates and payloads by digest, and no host, path or time")
    func provenance() throws {
        let bundle = try build()
        let text = try Slipway.output(["cat", bundle, "provenance.intoto.json"])
        let statement = try JSONDecoder().decode(Statement.self, from: Data(text.utf8))
        #expect(statement._type == "https://in-toto.io/Statement/v1")
        #expect(statement.predicateType == "https://slsa.dev/provenance/v1")
        let definition = statement.predicate.buildDefinition
        func sum(_ file: String) throws -> String {
            try Tool("sha256sum").run([file]).output.split(separator: " ").first.map(String.init) ?? ""
        }
        #expect(definition.externalParameters.topology.digest.sha256 == (try sum(scratch.file("ha.yaml"))))
        #expect(definition.externalParameters.lock.digest.sha256 == (try sum(scratch.file("ha.lock"))))
        let named = Dictionary(
            definition.resolvedDependencies.map { ($0.name ?? "", $0.digest.sha256) }, uniquingKeysWith: { a, _ in a })
        #expect(named["templates/base/hosts"] == (try sum(scratch.file("templates/base/hosts"))))
        #expect(named["haproxy/haproxy_2.8.5-1ubuntu3+x_arm64.deb"] == String(repeating: "02", count: 32))
        #expect(named["image-pause"] == String(repeating: "04", count: 32))
        // What it is about is in the bundle under this digest, and is the description.
        let description = try scratch.write("d.json", try Slipway.output(["cat", bundle, "description.json"]))
        #expect(statement.subject.map(\.digest.sha256) == [try sum(description)])
        for word in [scratch.path, "\"\(ProcessInfo.processInfo.hostName)\"", "finishedOn", "invocationId"] {
            #expect(!text.contains(word), "\(word)")
        }
        let shown = try Slipway.output(["inspect", bundle])
        #expect(shown.contains("provenance.intoto.json") && shown.contains("sbom.spdx.json"), "\(shown)")
        let unknown = try Slipway.run(["cat", bundle, "nothing.json"])
        #expect(unknown.status == 1 && unknown.errors.contains("it has description.json"), "\(unknown.transcript)")
    }

    private struct Statement: Decodable {
        struct Resource: Decodable {
            struct Digest: Decodable { let sha256: String }
            let name: String?
            let digest: Digest
        }
        struct Predicate: Decodable {
            struct Definition: Decodable {
                struct Parameters: Decodable { let topology, lock: Resource }
                let externalParameters: Parameters
                let resolvedDependencies: [Resource]
            }
            let buildDefinition: Definition
        }
        let _type, predicateType: String
        let subject: [Resource]
        let predicate: Predicate
    }

    // MARK: Built again

    private func verify(_ bundle: String, _ arguments: String...) throws -> Child.Outcome {
        try Slipway.run(
            ["verify", bundle, "--rebuild", scratch.file("ha.yaml"), "--templates", scratch.file("templates")]
                + arguments)
    }

    @Test("built again from the same, everything is equal; without the secrets file the public part is")
    func equal() throws {
        let bundle = try build()
        let whole = try verify(bundle, "--secrets", scratch.file("secret"))
        #expect(whole.status == 0, "\(whole.transcript)")
        #expect(whole.output.contains("built again: the whole bundle is the same\n"), "\(whole.output)")
        #expect(!whole.output.contains("was not checked"), "\(whole.output)")
        let part = try verify(bundle, "--lock", scratch.file("ha.lock"))
        #expect(part.status == 0, "\(part.transcript)")
        #expect(part.output.contains("the public part is the same; the secret part was not compared"), "\(part.output)")
        #expect(part.output.contains("was not checked"), "\(part.output)")
        let made = try FileManager.default.contentsOfDirectory(atPath: scratch.file("out"))
        #expect(made.count == 2, "the bundle and its fixed name: \(made)")
    }

    @Test("a changed sysctl is named, with machine, path and lines") func sysctl() throws {
        let bundle = try build()
        try change("templates/base/sysctl.conf", "kernel.panic = 10", "kernel.panic = 11")
        for arguments in [[], ["--secrets", scratch.file("secret")]] {
            let outcome = try Slipway.run(
                ["verify", bundle, "--rebuild", scratch.file("ha.yaml"), "--templates", scratch.file("templates")]
                    + arguments)
            #expect(outcome.status == 1, "\(outcome.transcript)")
            #expect(
                outcome.output.contains(
                    "the first difference is in worker-1:/etc/sysctl.d/90-kubernetes.conf: sha256:"),
                "\(outcome.output)")
            #expect(outcome.output.contains("\n-kernel.panic = 10\n+kernel.panic = 11\n"), "\(outcome.output)")
            #expect(outcome.output.contains("\n vm.panic_on_oom = 0\n"), "\(outcome.output)")
        }
    }

    @Test("a template that no file shows is named by its digest; a topology that says the same otherwise too")
    func template() throws {
        let bundle = try build()
        try scratch.write("templates/unused", "nothing\n")
        let outcome = try verify(bundle, "--format", "json")
        #expect(outcome.status == 1, "\(outcome.transcript)")
        #expect(outcome.output.contains(#""path":"description.json""#), "\(outcome.output)")
        #expect(outcome.output.contains(#"path = unused\n"#), "\(outcome.output)")
        #expect(outcome.output.contains(#""equal":false"#) && outcome.output.contains(#""compared":"public""#))
        try scratch.remove("templates/unused")
        try change("ha.yaml", "# every date", "# Every date")
        let comment = try verify(bundle)
        #expect(comment.status == 1 && comment.output.contains("-inputs.topology = sha256:"), "\(comment.transcript)")
    }

    @Test("a changed lock is named on the machine that it changes") func lock() throws {
        let bundle = try build()
        let other = try scratch.write("other.lock", Self.lock.replacing(Self.digest("05"), with: Self.digest("06")))
        let outcome = try verify(bundle, "--lock", other)
        #expect(outcome.status == 1, "\(outcome.transcript)")
        #expect(outcome.output.contains("worker-1:machine.json"), "\(outcome.output)")
        #expect(
            outcome.output.contains("-payloads.") && outcome.output.contains(Self.digest("06")), "\(outcome.output)")
    }

    @Test("other secrets are told by the first certificate, and no key is shown; another epoch is said at once")
    func secrets() throws {
        let bundle = try build()
        let outcome = try verify(bundle, "--secrets", scratch.file("other.secret"))
        #expect(outcome.status == 1, "\(outcome.transcript)")
        #expect(outcome.output.contains("the whole bundle is not the same"), "\(outcome.output)")
        #expect(outcome.output.contains("haproxy:"), "\(outcome.output)")
        #expect(!outcome.output.contains("PRIVATE KEY"), "\(outcome.output)")
        try change("ha.yaml", "epoch: 2026-11-22", "epoch: 2026-11-23")
        let dated = try verify(bundle)
        #expect(
            dated.status == 1 && dated.output.contains("the epoch is 2026-11-22T00:00:00Z in the bundle"),
            "\(dated.output)")
        let alone = try Slipway.run(["verify", bundle, "--lock", "x"])
        #expect(alone.status == 2 && alone.errors.contains("--lock goes with --rebuild"), "\(alone.transcript)")
    }

    private func change(_ file: String, _ old: String, _ new: String) throws {
        let text = try scratch.read(file)
        try #require(text.contains(old))
        try scratch.write(file, text.replacing(old, with: new))
    }
}
