import BuildPlan
import ClusterModel
import Values

/// Values for `templates/addons/`.
enum AddonsTemplates: TemplateConsumer {
    static let sources: [TemplateName: TemplateValuesSource] = [
        .addonsUnit: .open { _ in [:] },
        .addonsScript: .open { _ in [:] },
        .addonsKustomization: .open { ["calico": .flag($0.cluster.kubernetes.cni == .calico)] },
        .calicoPatch: .open { ["pods": .text($0.cluster.network.pods)] },
        .coreDNSManifest: .open(coreDNS),
    ]

    private static func coreDNS(_ context: TemplateContext) throws -> TemplateValues {
        let cluster = context.cluster
        return [
            "image": "registry.k8s.io/coredns/coredns:v\(cluster.versions.coredns)",
            "domain": .text(cluster.network.domain),
            "cluster-dns": .text(cluster.network.dnsServiceAddress),
            // A second one on the same machine would die with it.
            "replicas": .text(max(1, min(2, cluster.machines(.worker).count))),
        ]
    }
}
