import Foundation
import TestSupport
import Testing

/// skopeo reads the bundle as what it claims to be: an OCI archive.
@Suite(.serialized, .needs(.skopeo))
struct SkopeoTests {
    @Test func readsTheIndex() throws {
        let bundle = try BuiltBundle.ha.get()
        let outcome = try Tool.skopeo.run(["inspect", "--raw", "oci-archive:\(bundle.file.path)"])
        #expect(outcome.status == 0, "\(outcome.transcript)")
        let index = try JSONDecoder().decode(OCI.Index.self, from: Data(outcome.output.utf8))
        #expect(index.schemaVersion == 2)
        #expect(index.manifests.count == 2, "\(outcome.output)")
    }

    /// A copy, as to a registry, holds every blob under its own digest, the bundle's index too: skopeo writes an index anew and
    /// with `--preserve-digests` refuses one that would change.
    @Test func copiesEverythingUnchanged() throws {
        let bundle = try BuiltBundle.ha.get()
        let target = try Scratch()
        let outcome = try Tool.skopeo.run(
            [
                "copy", "--all", "--preserve-digests", "--insecure-policy", "oci-archive:\(bundle.file.path)",
                "oci:\(target.url.path)/copy:copied",
            ])
        #expect(outcome.status == 0, "\(outcome.transcript)")
        let blobs = { (layout: URL) in
            Set(try FileManager.default.contentsOfDirectory(atPath: layout.appendingPathComponent("blobs/sha256").path))
        }
        let copied = try blobs(target.url.appendingPathComponent("copy"))
        #expect(copied == (try blobs(bundle.layout)))
        #expect(copied.count > bundle.machines.count)
    }
}
