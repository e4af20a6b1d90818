import BuildPlan
import ClusterModel
import Values

/// Values for `templates/kubernetes/`.
enum ControlPlaneTemplates: TemplateConsumer {
    static let sources: [TemplateName: TemplateValuesSource] = [
        .apiserverUnit: .open(apiserver),
        .controllerManagerUnit: .open(controllerManager),
        .schedulerUnit: .open { _ in [:] },
        .schedulerConfig: .open { _ in [:] },
        .auditPolicy: .open { _ in [:] },
        .encryptionConfig: .derived(encryption),
    ]

    private static func apiserver(_ context: TemplateContext) throws -> TemplateValues {
        let cluster = context.cluster
        return [
            "address": .text(try context.requireMachine().address),
            // By address: the API must come up while no name can be resolved.
            "etcd-servers": .text(EtcdTemplates.clientURLs(cluster)),
            "services": .text(cluster.network.services),
            "domain": .text(cluster.network.domain),
            "several": .flag(cluster.machines(.controlPlane).count > 1),
        ]
    }

    private static func controllerManager(_ context: TemplateContext) throws -> TemplateValues {
        [
            "cluster": .text(context.cluster.name),
            "signing-duration": .text("\(context.cluster.pki.lifetimes.leaf.seconds)s"),
        ]
    }

    private static func encryption(_: TemplateContext, _ credentials: Credentials) throws -> TemplateValues {
        let keys = try credentials.encryptionKeys()
        return ["keys": .list(keys.map { ["name": .text($0.name), "secret": .text($0.base64)] })]
    }
}
