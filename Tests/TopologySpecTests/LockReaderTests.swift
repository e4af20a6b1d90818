import Diagnostics
import Testing
import TopologySpec

@Suite struct LockReaderTests {
    private let digest = "sha256:" + String(repeating: "0a", count: 32)

    @Test func readsEntries() throws {
        let (lock, report) = read("version: 1\npayloads:\n  etcd: { url: https://a/b, size: 12, digest: \(digest) }\n")
        #expect(report.diagnostics.isEmpty)
        let entry = try #require(lock?.entries["etcd"])
        #expect(entry.url == "https://a/b" && entry.size == 12 && entry.digest == digest)
    }

    @Test(arguments: [
        ("{ url: u, size: 1 }", "the entry is not complete"),
        ("{ url: u, size: -1, digest: DIGEST }", "a size cannot be negative"),
        ("{ url: u, size: 1, digest: sha256:abc }", "is not a digest"),
        ("{ url: u, size: 1, digest: md5:00 }", "is not a digest"),
        ("{ url: u, size: 1, digest: DIGEST, sise: 2 }", "unknown key 'sise'"),
    ])
    func refuses(entry: String, message: String) {
        let (_, report) = read("payloads:\n  etcd: " + entry.replacing("DIGEST", with: digest))
        #expect(report.diagnostics.contains { $0.message.contains(message) && $0.position?.line == 2 })
    }

    private func read(_ text: String) -> (Lock?, Report) {
        var report = Report()
        return (LockReader.read(SourceText(file: "t.lock", text: text), into: &report), report)
    }
}
