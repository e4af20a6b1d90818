public import ClusterModel
import Values

/// Decides what will exist: asks each consumer what it needs on each machine.
public enum Planner {
    public static func plan(_ cluster: Cluster) -> ClusterPlan {
        let catalogue = PayloadCatalogue(cluster: cluster)
        let machines = cluster.machines.map { plan($0, in: cluster, catalogue) }
        let payloads = Set(machines.flatMap { $0.payloads.map(\.payload) } + catalogue.guestFiles + [catalogue.applier])
        return ClusterPlan(
            cluster: cluster, authorities: authorities(of: cluster), machines: machines,
            operator: OperatorConsumer.plan(cluster), payloads: payloads.sorted { $0.name < $1.name })
    }

    private static func plan(_ machine: Machine, in cluster: Cluster, _ catalogue: PayloadCatalogue) -> MachinePlan {
        var plan = MachinePlan(machine: machine)
        for consumer in consumers(of: machine.role) {
            consumer.contribute(to: &plan, cluster, catalogue)
        }
        return plan
    }

    private static func consumers(of role: Role) -> [any Consumer.Type] {
        let base: [any Consumer.Type] = [CloudInitConsumer.self, BaseSystemConsumer.self, SSHConsumer.self]
        return base + roleConsumers(of: role)
    }

    private static func roleConsumers(of role: Role) -> [any Consumer.Type] {
        switch role {
        case .loadBalancer: [HAProxyConsumer.self]
        case .vault: [VaultConsumer.self]
        case .jump: [JumpConsumer.self, AddonsConsumer.self]
        case .etcd: [EtcdConsumer.self]
        case .controlPlane: [ControlPlaneConsumer.self]
        case .worker: [ContainerdConsumer.self, CNIConsumer.self, KubeletConsumer.self, KubeProxyConsumer.self]
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
                generation: cluster.pki.generation(of: name.rawValue))
        }
    }
}
