import Archive
import BundleFormat
import Foundation
import Payloads
import SystemPackage
import TestSupport
import Testing
import Values

@Suite(.needs("tar", "python3")) struct DepotTests {
    let depots: Depots

    init() throws { depots = try Depots() }

    @Test func planMergesMachines() {
        let plan = depots.plan
        #expect(plan.entries.map(\.name) == ["etcd", "haproxy", "image-pause", "slipway-apply", "vault"])
        #expect(plan.entries.first?.members.map(\.path).sorted() == ["etcd-v3/etcd", "etcd-v3/etcdctl"])
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
        // Without the archives the unpacked files are enough.
        for name in ["etcd", "vault"] {
            try FileManager.default.removeItem(
                atPath: depots.scratch.file("store/blobs/sha256/" + (depots.digests[name]?.hex ?? "")))
        }
        let before = depots.scratch.files(below: "store")
        let second = try await depots.contents()
        #expect(second.manifest == first.manifest)
        #expect(depots.scratch.files(below: "store") == before)
        // A file that the store has lost is unpacked again.
        try depots.scratch.write(
            "store/blobs/sha256/" + (depots.digests["etcd"]?.hex ?? ""), depots.scratch.bytes("etcd.tar.gz"))
        let lost = depots.scratch.file("store/blobs/sha256/" + Digest(hashing: depots.etcd).hex)
        try FileManager.default.removeItem(atPath: lost)
        #expect(try await depots.contents().manifest == first.manifest)
        #expect(FileManager.default.fileExists(atPath: lost))
    }

    @Test func aWholeArchiveHasAllItsFiles() async throws {
        let whole = MachinePayload(
            name: "etcd", digest: depots.digests["etcd"], size: nil, kind: .archive, path: "/opt/etcd", mode: nil,
            members: [
                ("etcd-v3/README.md", [4]), ("etcd-v3/etcd", depots.etcd), ("etcd-v3/etcdctl", [1, 2, 3]),
            ].map { PayloadMember(path: $0, digest: Digest(hashing: $1), size: Int64($1.count)) })
        let contents = try await DepotContents.collect(
            DepotPlan(machines: [[whole], depots.machines[0]]), store: depots.store)
        let etcd = contents.manifest.payloads.first { $0.name == "etcd" }
        #expect(etcd?.members.map(\.path) == ["etcd-v3/README.md", "etcd-v3/etcd", "etcd-v3/etcdctl"])
        // Members alone are still members alone.
        #expect(try await depots.contents().files.count == (try depots.expected()).count + 1)
    }

    /// An image of two machines shares a layer with another; what a registry gave is found by the blobs' own digests.
    @Test func membersThatAreNoArchiveAreBlobsOfTheirOwn() async throws {
        func image(_ name: String, _ blobs: [[UInt8]]) throws -> MachinePayload {
            let members = blobs.map { bytes in
                PayloadMember(
                    path: Digest(hashing: bytes).blobPath, digest: Digest(hashing: bytes), size: Int64(bytes.count))
            }
            return MachinePayload(
                name: name, digest: members[0].digest, size: members.reduce(0) { $0 + $1.size }, kind: .image,
                members: members, image: try ImageReference(parsing: "registry.k8s.io/\(name):1"))
        }
        let machines = [[try image("a", [[11], [99, 99]])], [try image("b", [[12], [99, 99]])]]
        for bytes: [UInt8] in [[11], [12]] {
            try depots.scratch.write("store/" + Digest(hashing: bytes).blobPath, bytes)
        }
        let plan = DepotPlan(machines: machines)
        #expect(plan.entries.map(\.needsBlob) == [false, false] && plan.unlisted.isEmpty)
        let error = await #expect(throws: PayloadError.self) {
            try await DepotContents.collect(plan, store: depots.store)
        }
        #expect(error == .absent(names: ["a", "b"]), "the manifest is there, and is not taken for an archive")
        try depots.scratch.write("store/" + Digest(hashing: [99, 99]).blobPath, [99, 99])
        let contents = try await DepotContents.collect(plan, store: depots.store)
        #expect(
            contents.files.map(\.path)
                == ([[11], [12], [99, 99]].map { Digest(hashing: $0).blobPath } + ["depot.json"]).sorted())
        #expect(contents.manifest.payloads.map(\.members.count) == [2, 2])
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

    @Test func placesNothingThatWasExchanged() async throws {
        let path = "store/blobs/sha256/" + (depots.digests["haproxy"]?.hex ?? "")
        let member = "store/" + Digest(hashing: depots.etcd).blobPath
        _ = try await depots.contents()
        for (file, name, size) in [(path, "haproxy", 2048), (member, "etcd, etcd-v3/etcd", depots.etcd.count)] {
            let right = try depots.scratch.bytes(file)
            try depots.scratch.write(file, [UInt8](repeating: 9, count: size))
            let contents = try await depots.contents()
            let words = "\(name) is damaged in \(depots.scratch.file(file)): expected sha256:"
            for write in [
                { _ = try DepotImage.write(contents, epoch: Depots.epoch, to: depots.scratch.filePath("d.iso")) },
                { _ = try DepotDirectory.write(contents, to: depots.scratch.filePath("depot")) },
            ] {
                let error = #expect(throws: PayloadError.self) { try write() }
                #expect(error?.description.hasPrefix(words) == true, "\(error as Any)")
                #expect(error?.description.contains("nothing was placed") == true)
            }
            let error = await #expect(throws: PayloadError.self) { try await contents.check() }
            #expect(error?.description.hasPrefix(words) == true, "\(error as Any)")
            let left = try FileManager.default.contentsOfDirectory(atPath: depots.scratch.path)
            #expect(!left.contains { $0.hasPrefix(".slipway") || $0.hasPrefix("d.iso") || $0.hasPrefix("depot") })
            try depots.scratch.write(file, right)
        }
        // Cut short, it is noticed when it is looked for.
        try depots.scratch.write(path, [9])
        let short = await #expect(throws: PayloadError.self) { try await depots.contents() }
        #expect(short?.description.contains("haproxy is damaged in") == true)
    }

    @Test func aSymbolicLinkIsCopiedAndNotLinked() async throws {
        let path = "store/blobs/sha256/" + (depots.digests["haproxy"]?.hex ?? "")
        let manager = FileManager.default
        try manager.moveItem(atPath: depots.scratch.file(path), toPath: depots.scratch.file("elsewhere"))
        try manager.createSymbolicLink(
            atPath: depots.scratch.file(path), withDestinationPath: depots.scratch.file("elsewhere"))
        #expect(try DepotDirectory.write(await depots.contents(), to: depots.scratch.filePath("depot")))
        let placed = depots.scratch.file("depot/blobs/sha256/" + (depots.digests["haproxy"]?.hex ?? ""))
        #expect(try manager.attributesOfItem(atPath: placed)[.type] as? FileAttributeType == .typeRegular)
    }

    @Test func unpacksNothingThatTheLockDoesNotName() async throws {
        func plan(_ member: PayloadMember?) -> DepotPlan {
            DepotPlan(machines: [
                [
                    MachinePayload(
                        name: "etcd", digest: depots.digests["etcd"], size: nil, kind: .archiveMember,
                        member: member?.path ?? "etcd-v3/etcd", path: "/usr/local/bin/etcd", mode: 0o755,
                        members: member.map { [$0] })
                ]
            ])
        }
        let wrong = PayloadMember(path: "etcd-v4/etcd", digest: Digest(hashing: [9]), size: 1)
        let missing = await #expect(throws: PayloadError.self) {
            try await DepotContents.collect(plan(wrong), store: depots.store)
        }
        #expect(
            missing?.description.contains("etcd: the archive has no file etcd-v4/etcd; it holds ./etcd-v3/") == true)
        let other = PayloadMember(path: "etcd-v3/etcd", digest: Digest(hashing: [9]), size: 1)
        let exchanged = await #expect(throws: PayloadError.self) {
            try await DepotContents.collect(plan(other), store: depots.store)
        }
        #expect(exchanged?.description.contains("etcd, etcd-v3/etcd is damaged in") == true)
        #expect(depots.scratch.files(below: "store/blobs").count == 5, "it was not kept")
        // Nothing is said of what is in it: machines wait.
        let unlisted = try await DepotContents.collect(plan(nil), store: depots.store)
        #expect(unlisted.absent == ["etcd"] && unlisted.manifest.payloads.isEmpty)
    }

    @Test func takesPayloadsFromABundle() async throws {
        let first = try await depots.contents()
        var entries: [ArchiveEntry] = []
        for digest in depots.digests.values.sorted() {
            entries.append(try .file(digest.blobPath, try depots.scratch.bytes("store/" + digest.blobPath)))
        }
        try depots.scratch.write("bundle.tar", try TarWriter.bytes(of: entries))
        let empty = try PayloadStore.open(depots.scratch.filePath("empty"))
        let bundle = try TarBlobs(reading: depots.scratch.filePath("bundle.tar"))
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
        #expect(!depots.scratch.files(below: "depot").contains { $0.hasSuffix(Digest(hashing: depots.etcd).hex) })
        try depots.scratch.write("precious/file", [1])
        let error = #expect(throws: PayloadError.self) {
            try DepotDirectory.write(other, to: depots.scratch.filePath("precious"))
        }
        #expect(error?.description.contains("precious exists and is not a depot") == true)
        let names = try FileManager.default.contentsOfDirectory(atPath: depots.scratch.path)
        #expect(!names.contains { $0.hasPrefix(".slipway-") })
    }
}

/// The blobs in a tar, as a bundle has them: pieces of one file.
private struct TarBlobs: BlobSource {
    private var locations: [Digest: BlobLocation] = [:]

    init(reading path: FilePath) throws {
        let file = try FileDescriptor.open(path, .readOnly)
        defer { try? file.close() }
        var reader = try TarReader.open(file, subject: path.string)
        while let member = try reader.next() {
            guard let digest = ImageLayout.digest(ofBlobAt: member.path) else { continue }
            locations[digest] = BlobLocation(file: path, offset: member.contentOffset, size: member.size)
        }
    }

    func location(of digest: Digest) -> BlobLocation? { locations[digest] }
}
