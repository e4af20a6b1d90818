import BundleFormat
import Foundation
import LaunchingSupport
import Values

@testable import Launching

/// An instance of two machines.
enum Sample {
    static let etcd = machine("etcd-1", .etcd, 1, "d6:b6:67:57:6a:55", "192.168.64.21")
    static let worker = machine("worker-1", .worker, 2, "ca:18:1a:f3:aa:fa", "192.168.64.41")

    static let plan = LaunchPlan(
        cluster: "lab", architecture: .amd64, sharesKernel: true, subnet: "192.168.64.0/24", gateway: "192.168.64.1",
        machines: [etcd, worker])

    static func instance(root: String = "/s", baseTree: String? = "/base", isComplete: Bool = true) throws -> Instance {
        let record = InstanceRecord(
            cluster: "lab", provider: .nspawn, bundleDigest: try Digest(hex: String(repeating: "a", count: 64)),
            login: "k8s", baseTree: baseTree, isComplete: isComplete,
            machines: ["worker-1": .init(absent: ["kubelet"])])
        return Instance(paths: try InstancePaths(name: "lab", root: root), record: record, plan: plan)
    }

    static func machine(_ name: String, _ role: Role, _ number: Int, _ mac: String, _ address: String)
        -> LaunchDefinition
    {
        LaunchDefinition(
            name: name, role: role, uuid: "6F9619FF-8B86-D011-B42D-00CF4FC964F\(number)", mac: mac, address: address,
            cpus: 1,
            memory: 256, disk: 2048, image: "image-debian-13-amd64")
    }

    /// A machine with a number of its own.
    static func machine(_ name: String, _ role: Role, _ number: Int) -> LaunchDefinition {
        LaunchDefinition(
            name: name, role: role, uuid: "6F9619FF-8B86-D011-B42D-00CF4FC9640\(number)",
            mac: "d6:b6:67:57:6a:0\(number)", address: "192.168.64.1\(number)", cpus: 1, memory: 256, disk: 2048,
            image: "image")
    }
}
