import ClusterModel
import Values

extension TemplateName {
    public static let sshClientConfig: Self = "jump/ssh_config"
    public static let sshKnownHosts: Self = "jump/ssh_known_hosts"
    public static let ansibleConfig: Self = "jump/ansible.cfg"
    public static let ansibleInventory: Self = "jump/hosts"
    public static let etcdctlWrapper: Self = "jump/etcdctl-cluster"
    public static let loginEnvironment: Self = "jump/slipway.sh"
}

/// The one host people log in to: clients of everything, ready to use for the login account.
enum JumpConsumer: Consumer {
    static func contribute(to plan: inout MachinePlan, _ cluster: Cluster, _ catalogue: PayloadCatalogue) {
        addSSH(to: &plan, cluster)
        addKubectl(to: &plan, cluster, catalogue)
        addEtcdctl(to: &plan, cluster, catalogue)
        addVault(to: &plan, cluster, catalogue)
        plan.directories.append(DirectoryPlan("/etc/ansible"))
        plan.files += [
            .rendered("/etc/ansible/ansible.cfg", .ansibleConfig), .rendered("/etc/ansible/hosts", .ansibleInventory),
        ]
    }

    private static func addSSH(to plan: inout MachinePlan, _ cluster: Cluster) {
        let directory = "/home/\(cluster.login)/.ssh"
        plan.directories.append(DirectoryPlan(directory, mode: 0o700, owner: cluster.login))
        plan.files += [
            FilePlan("\(directory)/id_ed25519", .sshUserKey(.jump), owner: cluster.login),
            FilePlan("\(directory)/id_ed25519.pub", .sshUserPublicKey(.jump), owner: cluster.login),
            .rendered("/etc/ssh/ssh_config.d/50-slipway.conf", .sshClientConfig),
            FilePlan("/etc/ssh/ssh_known_hosts", .template(.sshKnownHosts, .derived)),
        ]
    }

    private static func addKubectl(to plan: inout MachinePlan, _ cluster: Cluster, _ catalogue: PayloadCatalogue) {
        plan.leaves.append(admin(LeafPlanner(cluster, plan.machine)))
        let directory = "/home/\(cluster.login)/.kube"
        plan.directories.append(DirectoryPlan(directory, mode: 0o700, owner: cluster.login))
        plan.files.append(
            FilePlan("\(directory)/config", .kubeconfig(.admin, server: cluster.apiURL), owner: cluster.login))
        plan.payloads.append(PayloadUse(catalogue.kubernetes("kubectl"), path: "/usr/local/bin/kubectl"))
    }

    /// The certificate of people who administer the cluster.
    static func admin(_ planner: LeafPlanner) -> LeafPlan {
        planner.client(.admin, commonName: "kubernetes-admin", organizations: ["system:masters"])
    }

    private static func addEtcdctl(to plan: inout MachinePlan, _ cluster: Cluster, _ catalogue: PayloadCatalogue) {
        let directory = "/etc/slipway/etcd"
        plan.directories.append(DirectoryPlan(directory, mode: 0o750, group: cluster.login))
        plan.files += [
            FilePlan("\(directory)/ca.crt", .authorityCertificates([.etcd])),
            .rendered("/usr/local/bin/etcdctl-cluster", .etcdctlWrapper, mode: 0o755),
        ]
        let client = LeafPlanner(cluster, plan.machine).client(
            .etcdHealthcheckClient, .etcd, commonName: "etcd-healthcheck-client")
        plan.add(client, in: directory, name: "client", owner: cluster.login)
        plan.payloads += ["etcdctl", "etcdutl"].map { name in
            PayloadUse(catalogue.etcd, member: catalogue.etcdMember(name), path: "/usr/local/bin/\(name)")
        }
    }

    private static func addVault(to plan: inout MachinePlan, _ cluster: Cluster, _ catalogue: PayloadCatalogue) {
        guard !cluster.machines(.vault).isEmpty else { return }
        plan.files.append(.rendered("/etc/profile.d/slipway.sh", .loginEnvironment))
        plan.payloads.append(PayloadUse(catalogue.vault, member: "vault", path: "/usr/local/bin/vault"))
    }
}
