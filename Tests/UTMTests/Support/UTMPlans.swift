import BundleFormat
import Foundation
import LaunchingSupport
import TestSupport
import Values

@testable import Launching

/// The launch definitions of the shipped topologies, as `slipway bundle` writes them; InteropTests look that it still does.
enum UTMPlans {
    static let directory = Repository.root.appendingPathComponent("Tests/UTMTests/Golden")

    static let names = ["ha", "simple"]

    static func plan(_ name: String) throws -> LaunchPlan {
        try LaunchPlan(parsing: Array(try Data(contentsOf: directory.appendingPathComponent("\(name).launch.json"))))
    }

    /// The same with other settings of the network or other machines.
    static func changed(
        _ name: String = "simple", architecture: Architecture? = nil, subnet: String? = nil, gateway: String? = nil,
        sharesKernel: Bool = false, boot: DirectBoot? = nil, machines: [LaunchDefinition]? = nil
    ) throws -> LaunchPlan {
        let plan = try plan(name)
        return LaunchPlan(
            cluster: plan.cluster, architecture: architecture ?? plan.architecture, sharesKernel: sharesKernel,
            subnet: subnet.map(network) ?? plan.subnet, gateway: gateway.map(address) ?? plan.gateway, boot: boot,
            machines: machines ?? plan.machines)
    }

    static func machine(
        _ name: String, address: String, memory: Int = 256, disk: Int = 64, mac: String = "D6:B6:67:57:6A:55"
    ) -> LaunchDefinition {
        LaunchDefinition(
            name: name, role: .etcd, uuid: "6F9619FF-8B86-D011-B42D-00CF4FC964FF", mac: mac, address: address, cpus: 1,
            memory: memory, disk: disk, image: "image")
    }
}
