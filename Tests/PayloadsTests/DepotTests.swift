import Archive
import BundleFormat
import Foundation
import Payloads
import SystemPackage
import Testing
import Values

@Suite(.enabled(if: Tool.isUsable("tar") && Tool.isUsable("python3"))) struct DepotTests {
    let depots: Depots

    init() throws { depots = try Depots() }

    @Test func planMergesMachines() {
        let plan = depots.plan
        #expect(plan.entries.map(\.name) == ["etcd", "haproxy", "image-pause", "slipway-apply", "vault"])
        #expect(plan.entries.first?.members == ["etcd-v3/etcd", "etcd-v3/etcdctl"])
        #expect(plan.entries.first?.needsBlob == false)
        #expect(plan.unpinned == ["kubelet"])
        #expect(DepotPlan(machines: depots.machines.reversed()) == plan)
    }

    @Test func holdsWhatMachinesNeedAndNoMore() async throws {
        let contents = try await depots.contents()
        let expected = try depots.expected()
        #expect(Set(contents.files.map(\.path)) == Set(expected.keys).union(["depot.json"]))
        #expect(contents.absent == ["kubelet"])
        let etcd = try #require(contents.manifest.payloads.first { $0.name == "etcd" })
        #expect(etcd.digest == depots.digests["etcd"])
        #expect(etcd.members.map(\.path) == ["etcd-v3/etcd", "etcd-v3/etcdctl"])
        #expect(etcd.members.first?.digest == Digest(hashing: depots.etcd))
        #expect(try DepotManifest(parsing: CanonicalJSON.encode(contents.manifest.json)) == contents.manifest)
    }

    @Test func unpacksOnceAndOnlyWhatIsMissing() async throws {
        let first = try await depots.contents()
        // Without the archives the list and the unpacked files are enough to know what is in them.
        let before = depots.scratch.files(below: "store")
        let second = try await depots.contents()
        #expect(second.manifest == first.manifest)
        #expect(depots.scratch.files(below: "store") == before)
        // A file that the store has lost is unpacked again.
        let lost = depots.scratch.file("store/blobs/sha256/" + Digest(hashing: depots.etcd).hex)
        try FileManager.default.removeItem(atPath: lost)
        #expect(try await depots.contents().manifest == first.manifest)
        #expect(FileManager.default.fileExists(atPath: lost))
    }

    @Test func aWholeArchiveHasAllItsFiles() async throws {
        let whole = MachinePayload(
            name: "etcd", digest: depots.digests["etcd"], size: nil, kind: .archive, path: "/opt/etcd", mode: nil)
        let contents = try await DepotContents.collect(
            DepotPlan(machines: [[whole], depots.machines[0]]), store: depots.store)
        let etcd = contents.manifest.payloads.first { $0.name == "etcd" }
        #expect(etcd?.members.map(\.path) == ["etcd-v3/README.md", "etcd-v3/etcd", "etcd-v3/etcdctl"])
        // Members alone are still members alone.
        #expect(try await depots.contents().files.count == (try depots.expected()).count + 1)
    }

    @Test func saysWhatIsAbsent() async throws {
        for name in ["haproxy", "vault"] {
            try FileManager.default.removeItem(
                atPath: depots.scratch.file("store/blobs/sha256/" + (depots.digests[name]?.hex ?? "")))
        }
        let error = await #expect(throws: PayloadError.self) { try await depots.contents() }
        #expect(
            error?.description
                == "2 payloads are not in the store: haproxy, vault; fetch with: slipway fetch SPEC")
        #expect(try await depots.contents(partial: true).absent == ["haproxy", "kubelet", "vault"])
    }

    @Test func verifyFindsDamage() async throws {
        let path = "store/blobs/sha256/" + (depots.digests["haproxy"]?.hex ?? "")
        try depots.scratch.write(path, [UInt8](repeating: 9, count: 2048))
        _ = try await depots.contents()
        let error = await #expect(throws: PayloadError.self) { try await depots.contents(verify: true) }
        #expect(
            error?.description.contains("haproxy is damaged in \(depots.scratch.file(path)): expected sha256:") == true)
    }

    @Test func namesTheMemberThatIsMissing() async throws {
        let wrong = MachinePayload(
            name: "etcd", digest: depots.digests["etcd"], size: nil, kind: .archiveMember, member: "etcd-v4/etcd",
            path: "/usr/local/bin/etcd", mode: 0o755)
        let error = await #expect(throws: PayloadError.self) {
            try await DepotContents.collect(DepotPlan(machines: [[wrong]]), store: depots.store)
        }
        #expect(error?.description.contains("etcd: the archive has no file etcd-v4/etcd; it holds ./etcd-v3/") == true)
    }

    @Test func takesPayloadsFromABundle() async throws {
        let first = try await depots.contents()
        var entries: [ArchiveEntry] = []
        for digest in depots.digests.values.sorted() {
            entries.append(try .file(digest.blobPath, try depots.scratch.bytes("store/" + digest.blobPath)))
        }
        try depots.scratch.write("bundle.tar", try TarWriter.bytes(of: entries))
        let empty = try PayloadStore.open(depots.scratch.filePath("empty"))
        let bundle = try BundledBlobs(reading: depots.scratch.filePath("bundle.tar"))
        let contents = try await DepotContents.collect(depots.plan, from: [bundle], store: empty)
        #expect(contents.manifest == first.manifest)
        _ = try DepotImage.write(contents, epoch: Depots.epoch, to: depots.scratch.filePath("b.iso"))
        _ = try DepotImage.write(first, epoch: Depots.epoch, to: depots.scratch.filePath("s.iso"))
        #expect(try depots.scratch.bytes("b.iso") == depots.scratch.bytes("s.iso"))
    }

    @Test func writesADirectory() async throws {
        let contents = try await depots.contents()
        let path = depots.scratch.filePath("depot")
        #expect(try DepotDirectory.write(contents, to: path))
        for (name, bytes) in try depots.expected() {
            #expect(try depots.scratch.bytes("depot/" + name) == bytes, "\(name)")
        }
        #expect(depots.scratch.files(below: "depot").count == (try depots.expected()).count + 1)
        let modes = try FileManager.default.attributesOfItem(atPath: depots.scratch.file("depot/slipway-apply"))
        #expect(modes[.posixPermissions] as? Int == 0o755)
        // Linked, not copied.
        let blob = "blobs/sha256/" + (depots.digests["image-pause"]?.hex ?? "")
        let numbers = try ["store/", "depot/"].map {
            try FileManager.default.attributesOfItem(atPath: depots.scratch.file($0 + blob))[.systemFileNumber] as? Int
        }
        #expect(numbers[0] == numbers[1])
        // A depot that is right is left alone, another is replaced, anything else stays.
        #expect(try DepotDirectory.write(contents, to: path) == false)
        let other = try await DepotContents.collect(DepotPlan(machines: [depots.machines[1]]), store: depots.store)
        #expect(try DepotDirectory.write(other, to: path))
        #expect(!depots.scratch.files(below: "depot").contains { $0.hasSuffix("etcd-v3/etcd") })
        try depots.scratch.write("precious/file", [1])
        let error = #expect(throws: PayloadError.self) {
            try DepotDirectory.write(other, to: depots.scratch.filePath("precious"))
        }
        #expect(error?.description.contains("precious exists and is not a depot") == true)
        let names = try FileManager.default.contentsOfDirectory(atPath: depots.scratch.path)
        #expect(!names.contains { $0.hasPrefix(".slipway-") })
    }
}
