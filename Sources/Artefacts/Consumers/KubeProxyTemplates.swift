import BuildPlan
import ClusterModel

/// Values for `templates/kube-proxy/`.
enum KubeProxyTemplates: TemplateConsumer {
    static let sources: [TemplateName: TemplateValuesSource] = [
        .kubeProxyConfig: .open(config),
        .kubeProxyUnit: .open { _ in [:] },
    ]

    private static func config(_ context: TemplateContext) throws -> TemplateValues {
        let machine = try context.requireMachine()
        return [
            "name": .text(machine.name),
            "address": .text(machine.address),
            "pods": .text(context.cluster.network.pods),
            "shared-kernel": .flag(context.cluster.guest.sharesKernel),
        ]
    }
}
