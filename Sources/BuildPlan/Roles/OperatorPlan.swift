import ClusterModel
import Values

extension TemplateName {
    public static let operatorSSHConfig: Self = "operator/ssh_config"
    public static let operatorHosts: Self = "operator/hosts"
}

/// What the person at the host gets: files to reach the cluster with, and the certificate inside them.
public struct OperatorPlan: Sendable {
    public let leaves: [LeafPlan]
    /// Paths are relative: the files work wherever they lie.
    public let files: [FilePlan]

    init(_ cluster: Cluster) {
        leaves = [JumpPlan.admin(LeafPlanner(operatorOf: cluster))]
        files = [
            FilePlan("kubeconfig", .kubeconfig(.admin, server: cluster.apiURL)),
            .rendered("ssh_config", .operatorSSHConfig),
            FilePlan("known_hosts", .template(.sshKnownHosts, .derived)),
            .rendered("hosts", .operatorHosts),
            FilePlan("id_operator", .sshUserKey(.operator)),
            FilePlan("id_operator.pub", .sshUserPublicKey(.operator)),
        ]
    }
}
