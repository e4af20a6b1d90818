import Archive
import BundleFormat
import Foundation
import Payloads
import SystemPackage
import TestSupport
import Values

/// A store with payloads of every kind, and what two machines need of them.
struct Depots {
    static let epoch: Int64 = 1_767_225_600

    let scratch: Scratch
    let store: PayloadStore
    let machines: [[MachinePayload]]
    let applier = Array("#!/bin/true\n".utf8)
    let image = [UInt8](repeating: 5, count: 5000)
    let etcd = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let digests: [String: Digest]

    init() throws {
        scratch = try Scratch()
        store = try PayloadStore.open(scratch.filePath("store"))
        let tree = ["etcd-v3/etcd": etcd, "etcd-v3/etcdctl": [1, 2, 3], "etcd-v3/README.md": [4]]
        for (name, bytes) in tree { try scratch.write("tree/" + name, bytes) }
        try scratch.write("tree/LICENSE", [6])
        try Tool.run("tar", ["-czf", scratch.file("etcd.tar.gz"), "-C", scratch.file("tree"), "./etcd-v3"])
        try Tool.run("python3", ["-m", "zipfile", "-c", scratch.file("vault.zip"), scratch.file("tree/LICENSE")])
        var digests: [String: Digest] = [:]
        var sizes: [String: Int64] = [:]
        for (name, bytes) in [
            ("slipway-apply", applier), ("image-pause", image), ("etcd", try scratch.bytes("etcd.tar.gz")),
            ("vault", try scratch.bytes("vault.zip")), ("haproxy", [UInt8](repeating: 8, count: 2048)),
        ] {
            let digest = Digest(hashing: bytes)
            digests[name] = digest
            sizes[name] = Int64(bytes.count)
            try scratch.write("store/blobs/sha256/" + digest.hex, bytes)
        }
        self.digests = digests
        let contents = ["etcd-v3/etcd": etcd, "etcd-v3/etcdctl": [1, 2, 3], "LICENSE": [6]]
        func payload(
            _ name: String, _ kind: MachinePayload.Kind, member: String? = nil, path: String? = "/usr/local/bin/x"
        ) -> MachinePayload {
            MachinePayload(
                name: name, digest: digests[name], size: sizes[name], kind: kind, member: member, path: path,
                mode: 0o755,
                members: member.flatMap { member in
                    contents[member].map {
                        [PayloadMember(path: member, digest: Digest(hashing: $0), size: Int64($0.count))]
                    }
                })
        }
        machines = [
            [
                payload("slipway-apply", .binary), payload("etcd", .archiveMember, member: "etcd-v3/etcd"),
                payload("etcd", .archiveMember, member: "etcd-v3/etcdctl"), payload("kubelet", .binary),
            ],
            [
                payload("slipway-apply", .binary), payload("image-pause", .image), payload("haproxy", .deb),
                payload("vault", .archiveMember, member: "LICENSE"),
                payload("etcd", .archiveMember, member: "etcd-v3/etcdctl"),
            ],
        ]
    }

    var plan: DepotPlan { DepotPlan(machines: machines) }

    func contents(partial: Bool = false) async throws -> DepotContents {
        try await DepotContents.collect(plan, store: store, partial: partial)
    }

    /// The paths a depot must have and what lies there.
    func expected() throws -> [String: [UInt8]] {
        func hex(_ name: String) -> String { digests[name]?.hex ?? "" }
        return [
            "slipway-apply": applier, "blobs/sha256/" + hex("slipway-apply"): applier,
            "blobs/sha256/" + hex("image-pause"): image,
            "blobs/sha256/" + hex("haproxy"): [UInt8](repeating: 8, count: 2048),
            Digest(hashing: etcd).blobPath: etcd, Digest(hashing: [1, 2, 3]).blobPath: [1, 2, 3],
            Digest(hashing: [6]).blobPath: [6],
        ]
    }
}
