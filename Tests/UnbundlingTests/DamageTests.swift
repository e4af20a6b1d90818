import Archive
import BundleFormat
import Bundling
import Foundation
import SystemPackage
import Testing
import Unbundling
import Values

/// Damaged and hostile bundles: one clear error, never a crash, never a file outside the directory.
@Suite struct DamageTests {
    /// One flipped bit in the middle of each blob: `verify` names that blob, or the bundle does not open.
    @Test func aFlippedBitInAnyBlobIsFound() async throws {
        let sample = try await SampleBundle.make()
        let original = try Data(contentsOf: URL(fileURLWithPath: sample.summary.path))
        let copy = sample.directory.appendingPathComponent("flipped.tar")
        let blobs = try blobs(in: sample.path)
        #expect(blobs.count > 40)
        for blob in blobs {
            var bytes = original
            bytes[Int(blob.contentOffset + blob.size / 2)] ^= 0x01
            try bytes.write(to: copy)
            do {
                let failures = BundleVerifier(try Unbundling.Bundle.open(FilePath(copy.path)), threads: 2).run()
                    .failures
                #expect(failures.contains { $0.subject == blob.path }, "\(blob.path)")
            } catch {
                let digest = try Values.Digest(hex: String(blob.path.suffix(64)))
                #expect("\(error)".contains("is damaged: expected \(digest)"), "\(blob.path): \(error)")
            }
        }
    }

    /// Headers and padding too, by samples: a flipped bit anywhere that matters is found or stops the bundle from opening.
    @Test func flippedBitsBesideTheBlobsAreFound() async throws {
        let sample = try await SampleBundle.make()
        let original = try Data(contentsOf: URL(fileURLWithPath: sample.summary.path))
        let copy = sample.directory.appendingPathComponent("flipped.tar")
        // Every 512-byte block that is not all zeros holds a header or content; take every 97th and the first ones.
        for block in stride(from: 0, to: original.count / 512, by: 97) {
            var bytes = original
            let place = block * 512 + 100
            bytes[place] ^= 0x10
            try bytes.write(to: copy)
            #expect(try isRefused(FilePath(copy.path), original: original, at: place), "byte \(place)")
        }
    }

    @Test func truncationIsFoundAtEveryLength() async throws {
        let sample = try await SampleBundle.make()
        let original = try Data(contentsOf: URL(fileURLWithPath: sample.summary.path))
        let copy = sample.directory.appendingPathComponent("short.tar")
        for length in [
            0, 1, 511, 512, 1024, original.count / 2, original.count - 1024, original.count - 512, original.count - 1,
        ] {
            try original.prefix(length).write(to: copy)
            #expect(throws: (any Error).self) { _ = try Unbundling.Bundle.open(FilePath(copy.path)) }
        }
    }

    @Test(arguments: [
        (String(repeating: "hello, world\n", count: 100), "not a Slipway bundle: it is not a tar archive"),
        ("", "is empty"), (String(repeating: "\0", count: 4096), "oci-layout is missing"),
    ])
    func refusesWhatIsNoBundle(content: String, message: String) throws {
        try withFile(Array(content.utf8)) { path in
            let error = #expect(throws: (any Error).self) { _ = try Unbundling.Bundle.open(path) }
            #expect(error.map { "\($0)" }?.contains(message) == true, "\(error.map { "\($0)" } ?? "nothing")")
        }
    }

    @Test(arguments: [
        ("oci-layout", "{}", "imageLayoutVersion"), ("index.json", "{\"schemaVersion\":2", "index"),
        ("index.json", "{\"schemaVersion\":2,\"manifests\":[]}", "does not name exactly one image index"),
        ("extra.txt", "hi", "it holds 'extra.txt'"),
    ])
    func refusesDocuments(member: String, content: String, message: String) throws {
        var members = ["oci-layout": "{\"imageLayoutVersion\":\"1.0.0\"}", "index.json": "{}"]
        members[member] = content
        let entries = try members.map { try ArchiveEntry.file($0.key, Array($0.value.utf8)) }
        try withFile(try TarWriter.bytes(of: entries)) { path in
            let error = #expect(throws: BundleError.self) { _ = try Unbundling.Bundle.open(path) }
            #expect(error?.description.contains(message) == true, "\(error.map { "\($0)" } ?? "nothing")")
        }
    }

    @Test func extractionStaysInsideTheDirectory() async throws {
        let sample = try await SampleBundle.make()
        let target = sample.directory.appendingPathComponent("target")
        let outside = sample.directory.appendingPathComponent("outside")
        for directory in [target, outside] {
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        }
        // Somebody has put a link where the machine's directory will be.
        try FileManager.default.createSymbolicLink(
            at: target.appendingPathComponent("etcd-1"), withDestinationURL: outside)
        #expect(throws: ArchiveError.self) {
            _ = try BundleExtractor.extract(try .open(sample.path), machine: "etcd-1", into: FilePath(target.path))
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: outside.path).isEmpty)
    }

    @Test func extractsKeysForTheirOwnerAlone() async throws {
        let sample = try await SampleBundle.make()
        let target = sample.directory.appendingPathComponent("target")
        let count = try BundleExtractor.extract(try .open(sample.path), machine: nil, into: FilePath(target.path))
        #expect(count > 100)
        let key = target.appendingPathComponent("etcd-1/etc/etcd/pki/server.key").path
        #expect(try FileManager.default.attributesOfItem(atPath: key)[.posixPermissions] as? Int == 0o600)
    }

    private func blobs(in path: FilePath) throws -> [ArchiveMember] {
        let descriptor = try FileDescriptor.open(path, .readOnly)
        return try descriptor.closeAfter {
            var reader = try TarReader.open(descriptor, subject: path.string)
            var blobs: [ArchiveMember] = []
            while let member = try reader.next() {
                if ImageLayout.digest(ofBlobAt: member.path) != nil { blobs.append(member) }
            }
            return blobs
        }
    }

    private func isRefused(_ path: FilePath, original: Data, at place: Int) throws -> Bool {
        let opened: Verification
        do { opened = BundleVerifier(try Unbundling.Bundle.open(path), threads: 2).run() } catch { return true }
        return !opened.failures.isEmpty
    }

    private func withFile(_ bytes: [UInt8], _ body: (FilePath) throws -> Void) throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("slipway-\(UUID()).tar")
        try Data(bytes).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        try body(FilePath(file.path))
    }
}
