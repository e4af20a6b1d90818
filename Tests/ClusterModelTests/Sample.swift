import ClusterModel
import Diagnostics
import TopologySpec

/// A small valid topology that tests change in one place.
enum Sample {
    static let small = """
        version: 1
        name: small
        epoch: 2026-11-22
        network: {}
        machines:
          - { name: jump, role: jump, address: 192.168.64.12 }
          - { name: etcd-1, role: etcd, address: 192.168.64.21 }
          - { name: master-1, role: control-plane, address: 192.168.64.31 }
          - { name: worker, role: worker, address: 192.168.64.41, count: 3 }

        """

    static func resolve(_ text: String) -> (Cluster?, Report) {
        var report = Report()
        let topology = TopologyReader.read(SourceText(file: "t.yaml", text: text), into: &report)
        return (topology.flatMap { ClusterResolver.resolve($0, into: &report) }, report)
    }
}
