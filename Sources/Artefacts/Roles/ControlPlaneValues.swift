import BuildPlan
import ClusterModel
import PKI
import Values

/// Values for `templates/kubernetes/`.
enum ControlPlaneValues: ValuesConsumer {
    static let sources: [TemplateName: TemplateValuesSource] = [
        .apiserverUnit: .open(apiserver),
        .controllerManagerUnit: .open(controllerManager),
        .schedulerUnit: .open { _ in [:] },
        .schedulerConfig: .open { _ in [:] },
        .auditPolicy: .open { _ in [:] },
        .authenticationConfig: .open { ["api-version": .text(authenticationVersion($0.cluster.kubernetes.version))] },
        .admissionConfig: .open { _ in [:] },
        .encryptionConfig: .derived(encryption),
    ]

    private static func apiserver(_ context: TemplateContext) throws -> TemplateValues {
        let cluster = context.cluster
        return [
            "address": .text(try context.requireMachine().address),
            // By address: the API must come up while no name can be resolved.
            "etcd-servers": .text(EtcdValues.clientURLs(cluster)),
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

    /// The file is stable from 1.34 on; the paths in it (KEP-4633) are on by default from 1.32 on.
    private static func authenticationVersion(_ kubernetes: Version) -> String {
        kubernetes.minor >= 34 ? "v1" : "v1beta1"
    }

    private static func encryption(_: TemplateContext, _ credentials: Credentials) throws -> TemplateValues {
        let keys = try credentials.encryptionKeys()
        return ["keys": .list(keys.map { ["name": .text($0.name), "secret": .text($0.base64)] })]
    }
}

/// Values for `templates/kubernetes/kubeconfig`, the one form of every kubeconfig.
///
/// Everything is embedded: a kubeconfig is one file with one mode, and can be carried away as it is.
enum KubeconfigValues {
    static func values(
        for kind: LeafKind, server: String, _ cluster: Cluster, _ credentials: Credentials
    ) throws(ArtefactError) -> TemplateValues {
        [
            "cluster": .text(cluster.name),
            "user": .text(kind.rawValue),
            "server": .text(server),
            "certificate-authority-data": .text(base64(try credentials.trust([.kubernetes]))),
            "client-certificate-data": .text(base64(try credentials.certificate(kind))),
            "client-key-data": .text(base64(try credentials.key(kind))),
        ]
    }

    private static func base64(_ pem: String) -> String { Base64.text(Array(pem.utf8)) }
}
