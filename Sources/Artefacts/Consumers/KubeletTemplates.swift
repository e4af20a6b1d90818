import BuildPlan
import ClusterModel
import Values

/// Values for `templates/kubelet/`.
enum KubeletTemplates: TemplateConsumer {
    static let sources: [TemplateName: TemplateValuesSource] = [
        .kubeletConfig: .open(config),
        .kubeletUnit: .open(unit),
        .kubeletResolvConf: .open { ["servers": servers($0)] },
    ]

    private static func config(_ context: TemplateContext) throws -> TemplateValues {
        let cluster = context.cluster
        return [
            "address": .text(try context.requireMachine().address),
            "domain": .text(cluster.network.domain),
            "cluster-dns": .text(cluster.network.dnsServiceAddress),
            "shared-kernel": .flag(cluster.guest.sharesKernel),
            "cgroups": .flag(cluster.guest.hasCgroups),
            "cgroup-driver": cluster.guest.hasCgroups ? "systemd" : "cgroupfs",
        ]
    }

    private static func unit(_ context: TemplateContext) throws -> TemplateValues {
        let machine = try context.requireMachine()
        return ["name": .text(machine.name), "address": .text(machine.address)]
    }

    private static func servers(_ context: TemplateContext) -> TemplateValue {
        .list("server", context.cluster.network.dns.map(\.description))
    }
}
