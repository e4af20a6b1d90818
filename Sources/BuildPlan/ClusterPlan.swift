public import ClusterModel
import Values

/// Everything that will exist, and nothing rendered yet: authorities, certificates, files, units, payloads.
///
/// Made by ``Planner``. Pure data: tests compare it without templates or keys.
public struct ClusterPlan: Sendable {
    public let cluster: Cluster
    /// Issuers before what they issue.
    public let authorities: [AuthorityPlan]
    /// In the order of the topology.
    public let machines: MachinePlans
    public let `operator`: OperatorPlan
    /// The keys that belong to no certificate and no single machine, all generations that are in use, the newest first.
    public let sharedKeys: [KeyPlan]
    /// Every payload that some machine or launcher needs, once each, sorted by name.
    public let payloads: [PayloadPlan]
    /// What machines place of each archive, by the payload's name.
    public let placedMembers: [String: PlacedMembers]
}

extension ClusterPlan {
    /// The cluster's own keys, which exist once: the authorities' and the shared ones.
    public var clusterKeys: [KeyPlan] { authorities.map(\.key) + sharedKeys }

    /// Every key that is derived from the secrets file.
    public var keys: [KeyPlan] { clusterKeys + machines.flatMap(\.keys) + `operator`.leaves.map(\.key) }

    /// The generations in use of a key that the whole cluster shares, the newest first.
    public func sharedKeys(_ kind: KeyKind) -> [KeyPlan] { sharedKeys.filter { $0.kind == kind } }
}

/// Everything that will exist on one machine. Consumers contribute to it one after another.
public struct MachinePlan: Sendable {
    public let machine: Machine
    public internal(set) var leaves: [LeafPlan] = []
    public internal(set) var accounts: [AccountPlan] = []
    public internal(set) var directories: [DirectoryPlan] = []
    public internal(set) var files: [FilePlan] = []
    public internal(set) var payloads: [PayloadUse] = []
    /// In start order.
    public internal(set) var units: [UnitPlan] = []
    /// What tells whether the machine does what it is for.
    public internal(set) var checks: [CheckPlan] = []
    /// The cloud-init documents at the root of the seed: `user-data`, `meta-data`, `network-config`.
    public internal(set) var seedDocuments: [FilePlan] = []

    /// The SSH server's own key.
    public let hostKey: KeyPlan

    init(machine: Machine, in cluster: Cluster) {
        self.machine = machine
        hostKey = KeyPlan(.sshHost, of: machine.name, in: cluster)
    }

    /// The keys that this machine alone holds.
    public var keys: [KeyPlan] { leaves.map(\.key) + [hostKey] }

    public func leaf(_ kind: LeafKind) -> LeafPlan? { leaves.first { $0.kind == kind } }

    /// Adds a leaf with its certificate and key at `directory/name.crt` and `.key`.
    mutating func add(
        _ leaf: LeafPlan, in directory: String, name: String, owner: String = "root"
    ) {
        leaves.append(leaf)
        files.append(FilePlan("\(directory)/\(name).crt", .leafCertificate(leaf.kind), owner: owner))
        files.append(FilePlan("\(directory)/\(name).key", .leafKey(leaf.kind), owner: owner))
    }
}

/// The plans of all machines, each made when it is asked for and not kept: 10,000 of them take 80 MB, and making one is a
/// hundredth of rendering it.
public struct MachinePlans: RandomAccessCollection, Sendable {
    fileprivate let cluster: Cluster
    fileprivate let catalogue: PayloadCatalogue

    public var startIndex: Int { cluster.machines.startIndex }
    public var endIndex: Int { cluster.machines.endIndex }

    public subscript(index: Int) -> MachinePlan { Planner.plan(cluster.machines[index], in: cluster, catalogue) }
}

/// Something that runs on machines and says what it needs there. They lie in `Roles/`, by role; what their
/// templates are given stands in Artefacts under the same name.
protocol Consumer {
    static func contribute(to plan: inout MachinePlan, _ cluster: Cluster, _ catalogue: PayloadCatalogue)
}

/// Decides what will exist: asks each consumer what it needs on each machine.
public enum Planner {
    public static func plan(_ cluster: Cluster) -> ClusterPlan {
        let catalogue = PayloadCatalogue(cluster: cluster)
        let machines = MachinePlans(cluster: cluster, catalogue: catalogue)
        let uses = machines.reduce(into: Set<PayloadUse>()) { $0.formUnion($1.payloads) }
        let payloads = Set(catalogue.guestFiles + [catalogue.applier]).union(uses.lazy.map(\.payload))
        return ClusterPlan(
            cluster: cluster, authorities: authorities(of: cluster), machines: machines,
            operator: OperatorPlan(cluster), sharedKeys: KeyPlan.shared(in: cluster),
            payloads: payloads.sorted { $0.name < $1.name }, placedMembers: PlacedMembers.byPayload(uses))
    }

    fileprivate static func plan(_ machine: Machine, in cluster: Cluster, _ catalogue: PayloadCatalogue) -> MachinePlan
    {
        var plan = MachinePlan(machine: machine, in: cluster)
        for consumer in consumers(of: machine.role) {
            consumer.contribute(to: &plan, cluster, catalogue)
        }
        return plan
    }

    private static func consumers(of role: Role) -> [any Consumer.Type] {
        let base: [any Consumer.Type] = [CloudInitPlan.self, BaseSystemPlan.self, SSHPlan.self]
        return base + roleConsumers(of: role)
    }

    private static func roleConsumers(of role: Role) -> [any Consumer.Type] {
        switch role {
        case .loadBalancer: [HAProxyPlan.self, KeepalivedPlan.self]
        case .vault: [VaultPlan.self]
        case .jump: [JumpPlan.self, AddonsPlan.self]
        case .etcd: [EtcdPlan.self]
        case .controlPlane: [ControlPlanePlan.self]
        case .worker: [ContainerdPlan.self, CNIPlan.self, KubeletPlan.self, KubeProxyPlan.self]
        }
    }

    private static func authorities(of cluster: Cluster) -> [AuthorityPlan] {
        AuthorityName.allCases.map { name in
            let lifetimes = cluster.pki.lifetimes
            let lifetime =
                switch name {
                case .root: lifetimes.root
                case .intermediate: lifetimes.intermediate
                default: lifetimes.issuing
                }
            return AuthorityPlan(
                name: name, commonName: "\(cluster.name) \(name.rawValue) CA", lifetime: lifetime,
                key: KeyPlan(.authority(name), in: cluster))
        }
    }
}
