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
        let name = name(of: topology, &report)
        let epoch = sourceDateEpoch ?? epoch(of: topology, &report)
        let network = NetworkResolver(spec: topology.network).resolve(&report)
        let guest = GuestResolver(spec: topology.guest).resolve(&report)
        let versions = VersionResolver(kubernetes: topology.kubernetes, components: topology.versions)
        let kubernetes = versions.kubernetes(&report)
        let components = versions.components(&report)
        let users = UserResolver(specs: topology.users).resolve(&report)
        let machines = MachineResolver(clusterName: name, specs: topology.machines, network: network).resolve(&report)
        let pki = PKIResolver(spec: topology.pki).resolve(machineNames: Set(machines.map(\.name)), &report)

        MachineChecks(machines: machines, network: network).run(&report)
        RoleChecks(machines: machines, topology: topology).run(&report)
        if let network {
            PodRangeCheck(machines: machines, network: network, cni: kubernetes.cni, spec: topology).run(&report)
        }

        let endpoint = machines.first { $0.role == .loadBalancer } ?? machines.first { $0.role == .controlPlane }
        guard !report.isFatal(), let network, let epoch, let endpoint, !users.isEmpty else { return nil }
        return Cluster(
            name: name, epoch: epoch, guest: guest, network: network, kubernetes: kubernetes, versions: components,
            vaultUnsealsItself: topology.vault.autoUnseal?.value ?? true, pki: pki, users: users, machines: machines,
            apiEndpoint: endpoint)
    }

    private static func name(of topology: Topology, _ report: inout Report) -> String {
        guard let name = topology.name else {
            report.error("name", "the cluster has no name", at: nil, help: "add 'name: ha'")
            return ""
        }
        // 32 leaves room for the names that launchers build from it, such as socket paths.
        if !DNSLabel.isValid(name.value) || name.value.utf8.count > 32 {
            report.error(
                "name", "'\(name.value)' is not a cluster name", at: name.position,
                help: "expected 1 to 32 of a-z, 0-9 and -, not beginning or ending with -")
        }
        return name.value
    }

    private static func epoch(of topology: Topology, _ report: inout Report) -> Timestamp? {
        guard let text = topology.epoch else {
            report.error(
                "epoch", "the topology has no epoch and SOURCE_DATE_EPOCH is not set", at: nil,
                help: "add 'epoch: 2026-11-22': all dates in the bundle come from it, never from the clock")
            return nil
        }
        if let epoch = Timestamp(text.value) { return epoch }
        report.error(
            "epoch", "'\(text.value)' is not a moment in UTC", at: text.position,
            help: "expected a date such as 2026-11-22, or 2026-11-22T10:00:00Z")
        return nil
    }
}

/// Turns one written setting into its typed value, or reports why it is not one and returns the default.
struct SettingParser {
    /// Parses `text` with `parse`; a missing setting gives the fallback silently, a wrong one with an error.
    static func value<Value>(
        _ text: Located<String>?, _ subject: String, default fallback: Value, expected: String, example: String,
        _ report: inout Report, _ parse: (String) -> Value?
    ) -> Value {
        guard let text else { return fallback }
        if let value = parse(text.value) { return value }
        report.error(
            subject, "'\(text.value)' is not \(expected)", at: text.position,
            help: "expected \(expected), such as \(example)")
        return fallback
    }

    /// Parses one of an enumeration's words, with a suggestion for a near miss.
    static func choice<Choice: RawRepresentable & CaseIterable>(
        _ text: Located<String>?, _ subject: String, default fallback: Choice, _ report: inout Report
    ) -> Choice where Choice.RawValue == String {
        guard let text else { return fallback }
        if let choice = Choice(rawValue: text.value) { return choice }
        report.error(
            subject, "'\(text.value)' is not supported here", at: text.position,
            help: Suggestion.help(for: text.value, among: Choice.allCases.map(\.rawValue)))
        return fallback
    }
}
