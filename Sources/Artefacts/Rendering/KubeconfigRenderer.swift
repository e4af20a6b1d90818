import BuildPlan
import ClusterModel
import PKI

/// Values for `templates/kubernetes/kubeconfig`, the one form of every kubeconfig.
///
/// Everything is embedded: a kubeconfig is one file with one mode, and can be carried away as it is.
enum KubeconfigRenderer {
    static func values(
        for kind: LeafKind, server: String, _ cluster: Cluster, _ credentials: Credentials
    ) throws(ArtefactError) -> TemplateValues {
        [
            "cluster": .text(cluster.name),
            "user": .text(kind.rawValue),
            "server": .text(server),
            // Servers send their whole chain, so a client needs the root alone.
            "certificate-authority-data": .text(base64(try credentials.authorities([.root]))),
            "client-certificate-data": .text(base64(try credentials.certificateChain(kind))),
            "client-key-data": .text(base64(try credentials.key(kind))),
        ]
    }

    private static func base64(_ pem: String) -> String { Base64.text(Array(pem.utf8)) }
}
