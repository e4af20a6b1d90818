import Diagnostics
import TopologySpec
import Values

/// Checks that the bridge CNI can give every worker a pod range of its own.
struct PodRangeCheck {
    let machines: [Machine]
    let network: ClusterNetwork
    let cni: Kubernetes.CNI
    let spec: Topology

    func run(_ report: inout Report) {
        let workers = machines.count { $0.role == .worker }
        let length = ClusterNetwork.nodePodPrefixLength
        let room = network.pods.prefixLength > length ? 0 : 1 << (length - network.pods.prefixLength)
        guard cni == .bridge, workers > room else { return }
        report.error(
            "network.pods", "\(network.pods) holds \(room) ranges of /\(length), there are \(workers) workers",
            at: spec.network.pods?.position ?? spec.kubernetes.cni?.position,
            help: "use a larger pod range, or cni: calico")
    }
}
