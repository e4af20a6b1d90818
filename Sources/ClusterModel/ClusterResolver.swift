public import Diagnostics
public import TopologySpec
public import Values

/// Turns a topology into a ``Cluster``: fills in defaults, expands groups and runs every semantic check.
public enum ClusterResolver {
    /// Resolves the topology and reports everything that is wrong with its meaning, each at its line.
    ///
    /// - Parameters:
    ///   - sourceDateEpoch: the value of `SOURCE_DATE_EPOCH`, which wins over the topology's `epoch`.
    /// - Returns: the cluster, or `nil` when the report holds an error.
    public static func resolve(
        _ topology: Topology, sourceDateEpoch: Timestamp? = nil, into report: inout Report
    ) -> Cluster? {
        if topology.name.isAbsent {
            report.error("name", "the cluster has no name", at: topology.position, help: "add 'name: ha'")
        }
        if topology.epoch.isAbsent, sourceDateEpoch == nil {
            report.error(
                "epoch", "the topology has no epoch and SOURCE_DATE_EPOCH is not set", at: topology.position,
                help: "add 'epoch: 2026-11-22': all dates in the bundle come from it, never from the clock")
        }
        let name = topology.name.value ?? ""
        let network = NetworkResolver(spec: topology.network).resolve(&report)
        let guest = GuestResolver(spec: topology.guest).resolve(&report)
        let versions = VersionResolver(kubernetes: topology.kubernetes, components: topology.versions)
        let kubernetes = versions.kubernetes(&report)
        let components = versions.components(on: guest, cgroups: topology.guest.cgroups, &report)
        let users = users(of: topology, &report)
        let machines = machines(of: topology, name, network, versions.pods, &report)
        let pki = PKIResolver(spec: topology.pki).resolve(
            machineNames: Set(machines.map(\.name) + (topology.machines.value ?? []).compactMap(\.name.value)), &report)

        let balancers = machines.filter { $0.role == .loadBalancer }
        let entrances = balancers.isEmpty ? Array(machines.filter { $0.role == .controlPlane }.prefix(1)) : balancers
        guard !report.isFatal(), let network, let epoch = sourceDateEpoch ?? topology.epoch.value,
            !entrances.isEmpty, !users.isEmpty
        else { return nil }
        return Cluster(
            name: name, epoch: epoch, guest: guest, network: network, kubernetes: kubernetes, versions: components,
            vaultUnsealsItself: topology.vault.autoUnseal.value ?? true, pki: pki, users: users, machines: machines,
            apiEntrances: entrances)
    }

    private static func machines(
        of topology: Topology, _ name: String, _ network: ClusterNetwork?, _ cni: PodNetwork, _ report: inout Report
    ) -> [Machine] {
        guard let specs = topology.machines.value, !specs.isEmpty else {
            if !topology.machines.isRefused {
                report.error(
                    "machines", "there are no machines", at: topology.machines.position ?? topology.position,
                    help: "add a list 'machines:'; 'slipway init' writes an example")
            }
            return []
        }
        let packages = PackageSets(topology)
        packages.check(&report)
        let resolver = MachineResolver(clusterName: name, specs: specs, network: network, packages: packages)
        let machines = resolver.resolve(&report)
        MachineChecks(machines: machines, network: network, addresses: resolver.addresses).run(&report)
        // A machine that was refused may be the one that a role lacks.
        let entries = Set(machines.map(\.entry))
        let isComplete = specs.allSatisfy { entries.contains($0.path) }
        RoleChecks(
            machines: machines, isComplete: isComplete, api: topology.network.api, accepted: topology.accepted,
            addresses: resolver.addresses
        ).run(&report)
        if let network { checkPodRange(machines, network, cni, topology, &report) }
        return machines
    }

    /// Checks that the bridge CNI can give every worker a pod range of its own.
    private static func checkPodRange(
        _ machines: [Machine], _ network: ClusterNetwork, _ cni: PodNetwork, _ topology: Topology,
        _ report: inout Report
    ) {
        let workers = machines.count { $0.role == .worker }
        let length = ClusterNetwork.nodePodPrefixLength
        let room = network.pods.prefixLength > length ? 0 : 1 << (length - network.pods.prefixLength)
        guard cni == .bridge, workers > room else { return }
        report.error(
            "network.pods",
            "\(network.pods) has room for the pods of \(room) \(room == 1 ? "worker" : "workers") (a /\(length) each), "
                + "and there are \(workers)",
            at: topology.network.pods.position ?? topology.kubernetes.cni.position,
            help: "use a larger pod range, or cni: calico")
    }

    private static func users(of topology: Topology, _ report: inout Report) -> [UserAccount] {
        guard !topology.users.isEmpty else { return [UserAccount(name: "k8s", sshKeys: [])] }
        var seen: [String: SourcePosition] = [:]
        return topology.users.enumerated().compactMap { index, spec in
            if spec.name.isAbsent {
                report.error("users[\(index)]", "the user has no name", at: spec.position, help: "add 'name: k8s'")
            }
            guard case .written(let name, let position) = spec.name else { return nil }
            if let first = seen.updateValue(position, forKey: name) {
                report.error(
                    "users[\(index)].name", "two users are named '\(name)'", at: position,
                    help: "the first is in line \(first.line); remove one")
            }
            return UserAccount(name: name, sshKeys: spec.sshKeys.compactMap(\.value))
        }
    }
}
