import BuildPlan
import ClusterModel
import Values

/// Values for `templates/haproxy/`.
enum HAProxyValues: ValuesConsumer {
    static let sources: [TemplateName: TemplateValuesSource] = [
        .haproxyConfig: .open(config),
        .haproxyUnit: .open { _ in [:] },
    ]

    private static func config(_ context: TemplateContext) throws -> TemplateValues {
        let cluster = context.cluster
        let planes = cluster.machines(.controlPlane)
        return [
            "cluster": .text(cluster.name),
            "address": .text(try context.requireMachine().address),
            // kubelet, kube-proxy and CNI each hold a few connections per worker, for days.
            "connections": .text(max(4000, cluster.machines(.worker).count * 10)),
            "has-servers": .flag(!planes.isEmpty),
            "servers": .list(planes.map { ["name": .text($0.name), "server-address": .text($0.address)] }),
        ]
    }
}
