import BundleFormat
import Foundation
import TestSupport
import Values

@testable import Applying

/// A seed, a depot and a root in a scratch directory.
struct SampleMachine {
    let scratch: Scratch
    var root: String { scratch.file("root") }
    var depot: String { scratch.file("depot") }

    static let kubelet = Array(repeating: Array("kubelet ".utf8), count: 40_000).flatMap { $0 }
    static let etcd = Array("etcd".utf8)
    static let etcdArchive = Array("etcd.tar.gz".utf8)

    init(inMemory: Bool = false) throws {
        scratch = try Scratch(inMemory: inMemory)
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        try FileManager.default.createDirectory(atPath: root + "/etc", withIntermediateDirectories: true)
        try scratch.write("root/etc/hosts", "127.0.0.1 localhost\n")
    }

    struct File {
        var text: String
        var mode: Permissions = 0o644
        var isSecret = false
    }

    static let secret = File(text: "secret\n", mode: 0o600, isSecret: true)

    static let files: [String: File] = [
        "/etc/hosts": File(text: "127.0.0.1 localhost\n10.0.0.1 etcd-1\n"),
        "/etc/etcd/etcd.conf.yml": File(text: "name: etcd-1\n"),
        "/etc/etcd/pki/server.key": secret,
        "/etc/sysctl.d/90-kubernetes.conf": File(text: "vm.swappiness=0\n"),
        "/etc/systemd/system/etcd.service": File(text: "[Service]\nExecStart=/usr/local/bin/etcd\n"),
        "/opt/old/notes": File(text: "of the first bundle\n"),
    ]

    /// What the second bundle changes: one value, one file gone with its directory, one new file.
    static var upgraded: [String: File] {
        var files = Self.files
        files["/etc/sysctl.d/90-kubernetes.conf"]?.text = "vm.swappiness=1\n"
        files["/opt/old/notes"] = nil
        files["/opt/new/notes"] = File(text: "of the second bundle\n")
        return files
    }

    static let units = [
        MachineUnit(
            name: "systemd-sysctl.service", isEnabled: false,
            restartOn: ["/etc/sysctl.d/90-kubernetes.conf"]),
        MachineUnit(
            name: "etcd.service", isEnabled: true, restartOn: ["/etc/etcd/etcd.conf.yml", "etcd"]),
    ]

    static let etcdMember = PayloadMember(
        path: "etcd-v3/etcd", digest: SHA256.digest(of: etcd), size: Int64(etcd.count), mode: 0o755)

    static var payloads: [MachinePayload] {
        [
            MachinePayload(
                name: "etcd", digest: SHA256.digest(of: etcdArchive), size: Int64(etcdArchive.count),
                kind: .archiveMember,
                member: "etcd-v3/etcd", path: "/usr/local/bin/etcd", mode: 0o755, members: [etcdMember]),
            MachinePayload(
                name: "kubelet", digest: SHA256.digest(of: kubelet), size: Int64(kubelet.count), kind: .binary,
                path: "/usr/local/bin/kubelet", mode: 0o755),
        ]
    }

    /// Writes a seed and returns its path.
    @discardableResult
    func writeSeed(
        _ name: String, files: [String: File] = files, payloads: [MachinePayload] = payloads,
        units: [MachineUnit] = units,
        users: [MachineUser] = [], groups: [MachineGroup] = [], owner: String = "root", cluster: String = "lab",
        architecture: Architecture = .amd64, checks: [HealthCheck] = []
    ) throws -> String {
        let entries = try files.sorted { $0.key < $1.key }.map { path, file in
            let bytes = Array(file.text.utf8)
            try scratch.write("\(name)/slipway/files\(path)", bytes)
            return MachineFile(
                path: path, source: "slipway/files\(path)", digest: SHA256.digest(of: bytes), size: Int64(bytes.count),
                mode: file.mode, owner: owner, group: owner, isSecret: file.isSecret)
        }
        let manifest = MachineManifest(
            cluster: cluster, machine: "etcd-1", role: .etcd, architecture: architecture, groups: groups, users: users,
            directories: [
                MachineDirectory(path: "/etc/etcd", mode: 0o755, owner: owner, group: owner),
                MachineDirectory(path: "/etc/etcd/pki", mode: 0o750, owner: owner, group: owner),
            ],
            files: entries, payloads: payloads, units: units, checks: checks)
        try scratch.write("\(name)/slipway/machine.json", CanonicalJSON.encode(manifest.json))
        return scratch.file(name)
    }

    /// Writes a depot with the payloads above and others as blobs.
    func writeDepot(blobs: [String: [UInt8]] = ["kubelet": kubelet], hasEtcd: Bool = true) throws {
        var payloads: [DepotPayload] = []
        for (name, bytes) in blobs.sorted(by: { $0.key < $1.key }) {
            let digest = SHA256.digest(of: bytes)
            try scratch.write("depot/\(digest.blobPath)", bytes)
            payloads.append(DepotPayload(name: name, digest: digest, size: Int64(bytes.count)))
        }
        if hasEtcd {
            let archive = DepotPayload(
                name: "etcd", digest: SHA256.digest(of: Self.etcdArchive), size: Int64(Self.etcdArchive.count),
                members: [Self.etcdMember])
            try scratch.write("depot/\(Self.etcdMember.digest.blobPath)", Self.etcd)
            payloads.append(archive)
        }
        try scratch.write("depot/depot.json", CanonicalJSON.encode(DepotManifest(payloads: payloads).json))
    }
}
