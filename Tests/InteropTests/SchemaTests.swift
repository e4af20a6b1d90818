import Foundation
import TestSupport
import Testing

/// `slipway schema` beside the reader whose declarations it is made of, judged by Python's jsonschema: what is right. Mistakes are in the corpus of
/// MistakesTests.
@Suite(.needs(.python)) struct SchemaTests {
    private let scratch: Scratch
    init() throws { scratch = try Scratch() }

    /// What the validator says of each text.
    private func verdicts(_ kind: String, _ texts: [String]) throws -> [String] {
        let schema = try scratch.write("schema.json", try Slipway.output(["schema", kind]))
        let files = try texts.enumerated().map { try scratch.write("\($0.offset).yaml", $0.element) }
        let outcome = try Tool.python.run(
            [Repository.scripts.appendingPathComponent("schema.py").path, schema] + files)
        try #require(outcome.status == 0, "\(outcome.transcript)")
        let lines = outcome.output.split(separator: "\n").map(String.init)
        try #require(lines.count == texts.count, "\(outcome.transcript)")
        return lines
    }

    /// What is wrong with a topology for the reader alone; what only its meaning forbids is not asked.
    private func findings(_ text: String) throws -> String {
        let outcome = try Slipway.run(["check", try scratch.write("x.yaml", text)])
        return outcome.status == 0 ? "" : outcome.transcript
    }

    @Test func everyShippedTopologyAndLockIsValid() throws {
        let directory = Repository.root.appendingPathComponent("topologies")
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
        for (kind, suffix) in [("topology", ".yaml"), ("lock", ".lock")] {
            let files = names.filter { $0.hasSuffix(suffix) }.sorted()
            let texts = try files.map {
                try String(contentsOf: directory.appendingPathComponent($0), encoding: .utf8)
            }
            #expect(!texts.isEmpty)
            for (file, verdict) in zip(files, try verdicts(kind, texts)) { #expect(verdict == "valid", "\(file)") }
        }
    }

    private static let minimal = """
        version: 1
        name: x
        epoch: 2026-11-22
        guest: { os: debian-13, architecture: amd64 }
        network: { subnet: 10.7.0.0/16 }
        kubernetes: { version: 1.36.4 }
        users: [{ name: me }]
        machines:
          - { name: jump, role: jump, address: 10.7.0.11 }
          - { name: etcd, role: etcd, address: 10.7.0.12 }
          - { name: master, role: control-plane, address: 10.7.0.13 }
          - { name: worker, role: worker, address: 10.7.1.1, count: 2, cpus: 2, memory: 2 GiB, disk: 20GiB }

        """

    /// Spellings at the edges of what each rule takes: what the reader takes, the schema may not refuse.
    static let accepted: [(String, String)] = [
        ("name: x", "name: \(String(repeating: "a", count: 32))"), ("name: x", "name: 9-a"),
        ("epoch: 2026-11-22", "epoch: 2999-12-31T23:59:59Z"), ("epoch: 2026-11-22", "epoch: '2026-11-20'"),
        ("os: debian-13", "os: ubuntu-24.04"), ("architecture: amd64", "architecture: \"arm64\""),
        (
            "architecture: amd64",
            "architecture: amd64, boot: { kernel: k.1_a+b, initrd: i, arguments: 'root=/dev/vda a=\"~\"' }"
        ),
        ("architecture: amd64", "architecture: amd64, kernel: shared, cgroups: delegated"),
        ("subnet: 10.7.0.0/16", "subnet: 10.0.0.0/8, pods: 172.16.0.0/12, services: 192.168.0.0/16, domain: a.b-c.d"),
        ("subnet: 10.7.0.0/16", "subnet: 10.7.0.0/16, gateway: 10.7.255.254, dns: [1.1.1.1, 255.255.255.255]"),
        ("version: 1.36.4", "version: 1.36.4, cni: bridge"),
        ("users: [{ name: me }]", "users: [{ name: a_b-9, ssh-keys: [] }]"),
        (
            "users: [{ name: me }]",
            "users: [{ name: me, ssh-keys: ['ssh-ed25519  AAAAC3NzaC1lZDI1NTE5AAAAIHNub3QgYSByZWFsIGtleSBidXQgbG9uZyE= me@mac'] }]"
        ),
        ("users: [{ name: me }]", "users: []\nvault: { auto-unseal: false }"),
        (
            "users: [{ name: me }]",
            "pki: { lifetimes: { root: 100y, leaf: 8760h }, generations: { kubernetes: 1000000 } }"
        ),
        ("users: [{ name: me }]", "pki: { subject: { country: DE, organization: 'Größe & Söhne' } }"),
        ("users: [{ name: me }]", "packages: { jump: [ansible-core, g++, '7zip'], worker: [] }"),
        ("memory: 2 GiB", "memory: 1048576MiB"), ("disk: 20GiB", "disk: 1TiB"), ("cpus: 2", "cpus: 256"),
        ("address: 10.7.0.11", "address: 10.7.0.11, mac: '02:aB:00:00:00:0f'"),
        ("count: 2", "count: 1, packages: [htop]"),
    ]

    @Test func whatTheReaderTakesIsValid() throws {
        let texts = Self.accepted.map { Self.minimal.replacing($0, with: $1) }
        for (change, text) in zip(Self.accepted, texts) {
            #expect(text != Self.minimal, "\(change)")
            #expect(try findings(text) == "", "\(change)")
        }
        for (change, verdict) in zip(Self.accepted, try verdicts("topology", texts)) {
            #expect(verdict == "valid", "\(change)")
        }
    }

    @Test func theMinimalTopologyIsRightForBoth() throws {
        #expect(try findings(Self.minimal) == "")
        #expect(try verdicts("topology", [Self.minimal]) == ["valid"])
    }

    @Test func locksAreRightOrWrongForBoth() throws {
        let digest = "sha256:" + String(repeating: "0a", count: 32)
        let member = "{ mode: \"0644\", size: 0, digest: \(digest) }"
        let blob = "blobs/sha256/" + String(repeating: "0a", count: 32)
        let right = [
            "version: 1\npayloads: {}\n", "version: 2\npayloads: { x: { url: a/b, size: 0, digest: \(digest) } }\n",
            "version: 2\npayloads: { x: { url: https://a/b, size: 9, digest: \(digest), members: { a/b: \(member) } } }\n",
            """
            version: 2
            payloads:
              i: { image: r.example/a:1, size: 0, digest: \(digest), verified: 'nobody: first use', members: { \(blob): \(member) } }
              p:
                packages: debian-13/amd64 haproxy g++
                size: 0
                digest: \(digest)
                verified: signed by \(String(repeating: "0A", count: 20)), InRelease of 2026-11-14T09:12:44Z
                members: { a1_1-1_all.deb: { mode: "0644", size: 0, digest: \(digest), stage: 3, url: http://archive.example/a } }

            """,
        ]
        let entry = "url: a, size: 1, digest: \(digest)"
        let wrong =
            [
                "url: a, size: 1", "url: a, digest: \(digest)", "size: 1, digest: \(digest)",
                "url: a, image: r.example/a, size: 1, digest: \(digest)", "url: a, size: '1', digest: \(digest)",
                "url: a, size: -1, digest: \(digest)", "url: a, size: 1, digest: sha256:0a", "\(entry), sise: 1",
                "\(entry), verified: by me", "\(entry), members: []",
                "\(entry), members: { a: { size: 1, digest: \(digest) } }",
                "\(entry), members: { a: { mode: \"4755\", size: 1, digest: \(digest) } }",
                "\(entry), members: { a: { mode: \"0755\", size: 1, digest: \(digest), stage: 256 } }",
                "packages: debian-12/amd64 a1, size: 1, digest: \(digest)",
                "packages: debian-13/amd64, size: 1, digest: \(digest)",
            ].map { "version: 2\npayloads: { x: { \($0) } }\n" } + ["version: 3\npayloads: {}\n", "payload: {}\n"]
        try scratch.write("x.yaml", Self.minimal)
        func readerTakes(_ lock: String) throws -> Bool {
            try scratch.write("x.lock", lock)
            // The reader's findings have a subject; that nothing of this topology is pinned has none.
            let outcome = try Slipway.run(["fetch", scratch.file("x.yaml"), "--store", scratch.file("store")])
            return !outcome.errors.contains("error[")
        }
        for text in right { #expect(try readerTakes(text), "\(text)") }
        for text in wrong { #expect(try !readerTakes(text), "\(text)") }
        let verdicts = try verdicts("lock", right + wrong)
        for (text, verdict) in zip(right, verdicts) { #expect(verdict == "valid", "\(text)") }
        for (text, verdict) in zip(wrong, verdicts.dropFirst(right.count)) { #expect(verdict != "valid", "\(text)") }
    }
}
