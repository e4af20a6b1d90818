import BundleFormat
import Diagnostics
import Testing
import TopologySpec
import Values

@Suite struct LockFileTests {
    private let digest = "sha256:" + String(repeating: "0a", count: 32)

    @Test func readsEntries() throws {
        let (lock, report) = read("version: 1\npayloads:\n  etcd: { url: https://a/b, size: 12, digest: \(digest) }\n")
        #expect(report.diagnostics.isEmpty)
        let entry = try #require(lock?["etcd"])
        #expect(entry.address == .https("https://a/b") && entry.size == 12 && entry.digest.description == digest)
        #expect(entry.members == nil, "an old lock does not say what is in an archive")
    }

    @Test func textIsSortedAndQuotedWhereNeeded() throws {
        let digest = try Digest(parsing: self.digest)
        let payloads = [
            LockedPayload(name: "runc", address: .https("https://host/runc.arm64"), size: 12, digest: digest),
            LockedPayload(
                name: "etcd", address: .file("../a \"b\\ #c"), size: 0, digest: digest,
                members: [
                    PayloadMember(path: "etcd-v3/etcdctl", digest: digest, size: 7),
                    PayloadMember(path: "etcd-v3/1 #x", digest: digest, size: 8, mode: 0o6644),
                ]),
            LockedPayload(name: "empty", address: .file("e"), size: 1, digest: digest, members: []),
        ]
        let text = LockFile.text(Lock(payloads), topology: "ha.yaml")
        #expect(
            text == """
                # Which exact bytes stand behind each payload of ha.yaml. Made by 'slipway lock'; commit it.
                version: 1
                payloads:
                  empty:
                    url: file:e
                    size: 1
                    digest: \(digest)
                    members: {}
                  etcd:
                    url: "file:../a \\"b\\\\ #c"
                    size: 0
                    digest: \(digest)
                    members:
                      "etcd-v3/1 #x": { mode: "0644", size: 8, digest: \(digest) }
                      etcd-v3/etcdctl: { mode: "0755", size: 7, digest: \(digest) }
                  runc:
                    url: https://host/runc.arm64
                    size: 12
                    digest: \(digest)

                """)
        #expect(LockFile.text(Lock(payloads.reversed()), topology: "ha.yaml") == text)
        #expect(LockFile.text(Lock(), topology: "x").hasSuffix("\npayloads: {}\n"))
        // What was written is read again.
        let (lock, report) = read(text)
        #expect(report.diagnostics.isEmpty)
        #expect(lock == Lock(payloads))
    }

    @Test(arguments: [
        ("{ url: u, size: 1 }", "the entry is not complete"),
        ("{ url: u, size: -1, digest: DIGEST }", "a size cannot be negative"),
        ("{ url: u, size: 1, digest: sha256:abc }", "is not a digest"),
        ("{ url: u, size: 1, digest: md5:00 }", "is not a digest"),
        ("{ url: u, size: 1, digest: DIGEST, sise: 2 }", "unknown key 'sise'"),
        ("{ url: http://h/x, size: 1, digest: DIGEST }", "http: is not supported"),
        ("{ url: u, size: 1, digest: DIGEST, members: [a] }", "expected a mapping"),
        ("{ url: u, size: 1, digest: DIGEST, members: { a: { size: 1 } } }", "the member is not complete"),
        ("{ url: u, size: 1, digest: DIGEST, members: { ../a: { mode: 0755, size: 1, digest: DIGEST } } }", "\"..\""),
        (
            "{ url: u, size: 1, digest: DIGEST, members: { a: { mode: 4755, size: 1, digest: DIGEST } } }",
            "'4755' is not the mode of a payload's file"
        ),
        (
            "{ url: u, size: 1, digest: DIGEST, members: { a: { mode: 0755, size: -1, digest: DIGEST } } }",
            "a size cannot be negative"
        ),
        (
            "{ url: u, size: 1, digest: DIGEST, members: { a: { mode: 0755, size: 1, digest: abc } } }",
            "is not a digest"
        ),
    ])
    func refuses(entry: String, message: String) {
        let (_, report) = read("payloads:\n  etcd: " + entry.replacing("DIGEST", with: digest))
        #expect(report.diagnostics.contains { $0.message.contains(message) && $0.position?.line == 2 })
    }

    private func read(_ text: String) -> (Lock?, Report) {
        var report = Report()
        return (LockFile.read(SourceText(file: "t.lock", text: text), into: &report), report)
    }
}
