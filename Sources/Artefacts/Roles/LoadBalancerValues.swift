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
        let machine = try context.requireMachine()
        return [
            "cluster": .text(cluster.name), "name": .text(machine.name), "address": .text(machine.address),
            "is-shared": .flag(cluster.network.api != nil), "shared-address": .text(cluster.apiAddress),
            // kubelet, kube-proxy and CNI each hold a few connections per worker, for days.
            "connections": .text(max(4000, cluster.machines(.worker).count * 10)),
            "has-servers": .flag(!planes.isEmpty),
            "servers": .list(planes.map { ["name": .text($0.name), "server-address": .text($0.address)] }),
        ]
    }
}

/// Values for `templates/keepalived/`.
enum KeepalivedValues: ValuesConsumer {
    static let sources: [TemplateName: TemplateValuesSource] = [
        .keepalivedConfig: .open(config),
        .keepalivedUnit: .open { _ in [:] },
        .nonlocalBind: .open { _ in [:] },
    ]

    private static func config(_ context: TemplateContext) throws -> TemplateValues {
        let (cluster, machine) = (context.cluster, try context.requireMachine())
        let others = cluster.machines(.loadBalancer).filter { $0.name != machine.name }
        return [
            "cluster": .text(cluster.name), "name": .text(machine.name), "address": .text(machine.address),
            "shared-address": .text(cluster.apiAddress),
            "peers": .text(others.map(\.address.description).joined(separator: " ")),
            "others": .list(others.map { ["other-address": .text($0.address)] }),
            // 1 to 255, and another one for another address. Peers are named, so that an equal one in the network harms nobody.
            "router": .text(max(1, cluster.apiAddress.rawValue & 0xFF)),
            // Decides between two that begin at the same time, and no more than that.
            "priority": .text(150 - 50 * machine.ordinal),
        ]
    }
}
