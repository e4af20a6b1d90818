import ClusterModel

extension TemplateName {
    public static let operatorSSHConfig: Self = "operator/ssh_config"
    public static let operatorHosts: Self = "operator/hosts"
}

/// The files with which the person at the host reaches the cluster. Paths are relative: they work wherever they lie.
enum OperatorConsumer {
    static func plan(_ cluster: Cluster) -> OperatorPlan {
        OperatorPlan(
            leaves: [JumpConsumer.admin(LeafPlanner(operatorOf: cluster))],
            files: [
                FilePlan("kubeconfig", .kubeconfig(.admin, server: cluster.apiURL)),
                .rendered("ssh_config", .operatorSSHConfig),
                FilePlan("known_hosts", .template(.sshKnownHosts, .derived)),
                .rendered("hosts", .operatorHosts),
                FilePlan("id_operator", .sshUserKey(.operator)),
                FilePlan("id_operator.pub", .sshUserPublicKey(.operator)),
            ])
    }
}
