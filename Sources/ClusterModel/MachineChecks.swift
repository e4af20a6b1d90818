import Diagnostics
import TopologySpec
import Values

/// Checks that names, addresses and MAC addresses are unique and that addresses can be used in the subnet.
struct MachineChecks {
    let machines: [Machine]
    let network: ClusterNetwork?

    func run(_ report: inout Report) {
        checkUnique("name", \.name, &report)
        checkUnique("address", \.address, &report)
        checkUnique("mac", \.mac, &report)
        guard let network else { return }
        for machine in machines { checkAddress(machine, in: network, &report) }
    }

    private func checkUnique<Value: Hashable>(
        _ what: String, _ value: (Machine) -> Value, _ report: inout Report
    ) {
        var owners: [Value: Machine] = [:]
        for machine in machines {
            guard let first = owners.updateValue(machine, forKey: value(machine)) else { continue }
            let owner = what == "name" ? "" : " by '\(first.name)'"
            report.error(
                "machines.\(machine.name).\(what)",
                "the \(what == "mac" ? "MAC address" : what) \(value(machine)) of '\(machine.name)' is already used\(owner)",
                at: what == "address" ? machine.addressPosition : machine.position,
                help: "first used in line \(first.position.line); every machine needs its own \(what)")
        }
    }

    private func checkAddress(_ machine: Machine, in network: ClusterNetwork, _ report: inout Report) {
        let subnet = network.subnet
        let problem: String
        switch machine.address {
        case let address where !subnet.contains(address): problem = "is outside network.subnet \(subnet)"
        case subnet.address: problem = "is the network address of \(subnet)"
        case subnet.broadcast: problem = "is the broadcast address of \(subnet)"
        case network.gateway: problem = "is the gateway"
        default: return
        }
        let last = subnet.broadcast.advanced(by: -1) ?? subnet.broadcast
        report.error(
            "machines.\(machine.name).address", "the address \(machine.address) of '\(machine.name)' \(problem)",
            at: machine.addressPosition, help: "choose an unused one up to \(last), not the gateway \(network.gateway)")
    }
}

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
