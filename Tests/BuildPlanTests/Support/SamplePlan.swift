import BuildPlan
import ClusterModel
import Diagnostics
import Testing
import TopologySpec
import Values

/// A small cluster with one machine of each role, planned from YAML as people write it.
enum SamplePlan {
    /// - Parameter settings: further top-level lines of the topology.
    static func plan(_ settings: String = "", sourceLocation: SourceLocation = #_sourceLocation) throws -> ClusterPlan {
        let text = """
            version: 1
            name: sample
            epoch: 2026-11-22
            machines:
              - { name: balancer, role: load-balancer, address: 192.168.64.10 }
              - { name: safe,     role: vault,         address: 192.168.64.11 }
              - { name: bastion,  role: jump,          address: 192.168.64.12 }
              - { name: etcd-1,   role: etcd,          address: 192.168.64.21 }
              - { name: plane-1,  role: control-plane, address: 192.168.64.31 }
              - { name: worker-1, role: worker,        address: 192.168.64.41 }
            \(settings)
            """
        return try plan(yaml: text, sourceLocation: sourceLocation)
    }

    private static func plan(yaml text: String, sourceLocation: SourceLocation) throws -> ClusterPlan {
        var report = Report()
        let topology = try #require(
            TopologyReader.read(SourceText(file: "sample.yaml", text: text), into: &report),
            sourceLocation: sourceLocation)
        let cluster = ClusterResolver.resolve(topology, into: &report)
        return Planner.plan(try #require(cluster, "\(report.diagnostics)", sourceLocation: sourceLocation))
    }

    /// The smallest cluster of a control plane without a jump host.
    static func withoutJump(sourceLocation: SourceLocation = #_sourceLocation) throws -> ClusterPlan {
        try plan(
            yaml: """
                version: 1
                name: sample
                epoch: 2026-11-22
                machines:
                  - { name: etcd-1,   role: etcd,          address: 192.168.64.21 }
                  - { name: plane-1,  role: control-plane, address: 192.168.64.31 }
                """, sourceLocation: sourceLocation)
    }

    /// One more load balancer, and the address that it shares with the first.
    static let secondBalancer = """
          - { name: balancer-2, role: load-balancer, address: 192.168.64.13 }
        network: { api: 192.168.64.9 }
        """

    static let sharedKernel = "guest: { kernel: shared }"

    static func machine(_ role: Role, _ settings: String = "") throws -> MachinePlan {
        try #require(plan(settings).machines.first { $0.machine.role == role })
    }
}

extension MachinePlan {
    func file(_ path: String) -> FilePlan? { files.first { $0.path == path } }
    func unit(_ name: String) -> UnitPlan? { units.first { $0.name == name } }
}
