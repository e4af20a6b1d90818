import BuildPlan
import ClusterModel
import Values

/// Values for `templates/etcd/`.
enum EtcdValues: ValuesConsumer {
    static let sources: [TemplateName: TemplateValuesSource] = [
        .etcdConfig: .open(config),
        .etcdctlEnvironment: .open { ["endpoints": .text(clientURLs($0.cluster))] },
        .etcdUnit: .open { _ in [:] },
    ]

    /// All members' client URLs, comma-separated, as etcdctl and kube-apiserver take them.
    static func clientURLs(_ cluster: Cluster) -> String {
        cluster.machines(.etcd).map { "https://\($0.address):2379" }.joined(separator: ",")
    }

    private static func config(_ context: TemplateContext) throws -> TemplateValues {
        let machine = try context.requireMachine()
        let members = context.cluster.machines(.etcd)
        return [
            "name": .text(machine.name),
            "address": .text(machine.address),
            "cluster": .text(context.cluster.name),
            "initial-cluster": .text(members.map { "\($0.name)=https://\($0.address):2380" }.joined(separator: ",")),
        ]
    }
}
