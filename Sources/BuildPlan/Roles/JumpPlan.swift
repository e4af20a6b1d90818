import BundleFormat
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
enum JumpPlan: Consumer {
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
        plan.leaves.append(admin(LeafPlanner(cluster, plan.machine), cluster))
        let directory = "/home/\(cluster.login)/.kube"
        plan.directories.append(DirectoryPlan(directory, mode: 0o700, owner: cluster.login))
        plan.files.append(
            FilePlan("\(directory)/config", .kubeconfig(.admin, server: cluster.apiURL), owner: cluster.login))
        plan.payloads.append(PayloadUse(catalogue.kubernetes("kubectl"), path: "/usr/local/bin/kubectl"))
    }

    /// The certificate of people who administer the cluster, for every day.
    ///
    /// Its group has its rights from addons/rbac.yaml and can lose them. Nobody takes rights from `system:masters`, which the
    /// API server lets pass before it asks RBAC: that group is for ``AddonsPlan``'s certificate alone, except where there is no
    /// jump host and so nobody who would give rights to another.
    static func admin(_ planner: LeafPlanner, _ cluster: Cluster) -> LeafPlan {
        let group = cluster.machines(.jump).isEmpty ? "system:masters" : "slipway:cluster-admins"
        return planner.client(.admin, commonName: "kubernetes-admin", organizations: [group])
    }

    private static func addEtcdctl(to plan: inout MachinePlan, _ cluster: Cluster, _ catalogue: PayloadCatalogue) {
        let directory = "/etc/slipway/etcd"
        plan.directories.append(DirectoryPlan(directory, mode: 0o750, group: cluster.login))
        plan.files += [
            FilePlan("\(directory)/ca.crt", .trust([.etcd])),
            .rendered("/usr/local/bin/etcdctl-cluster", .etcdctlWrapper, mode: 0o755),
        ]
        let client = LeafPlanner(cluster, plan.machine).client(
            .etcdHealthcheckClient, .etcd, commonName: "etcd-healthcheck-client")
        plan.add(client, in: directory, name: "client", owner: cluster.login)
        plan.payloads += ["etcdctl", "etcdutl"].map { name in
            PayloadUse(catalogue.etcd, member: catalogue.etcdMember(name), path: "/usr/local/bin/\(name)")
        }
        let members = cluster.machines(.etcd).map(\.name)
        guard !members.isEmpty else { return }
        // Members whose machines are off answer nothing: each takes all of its time.
        let check = HealthCheck(
            "etcd-members", "etcd members", seconds: min(2 + 2 * Int64(members.count), 20), patience: 120,
            .etcdctl(
                ["endpoint", "status", "--write-out=fields"], endpoints: members.map { "https://\($0):2379" },
                seconds: 2,
                authority: "\(directory)/ca.crt", client: "\(directory)/client", user: cluster.login),
            .etcdMembers(members))
        plan.checks.append(CheckPlan(check, of: [catalogue.etcd]))
    }

    private static func addVault(to plan: inout MachinePlan, _ cluster: Cluster, _ catalogue: PayloadCatalogue) {
        guard !cluster.machines(.vault).isEmpty else { return }
        plan.files += [
            .rendered("/etc/profile.d/slipway.sh", .loginEnvironment),
            FilePlan("/etc/slipway/vault-ca.crt", .trust([.kubernetes])),
        ]
        plan.payloads.append(PayloadUse(catalogue.vault, member: "vault", path: "/usr/local/bin/vault"))
    }
}

extension TemplateName {
    public static let addonsUnit: Self = "addons/slipway-addons.service"
    public static let addonsScript: Self = "programs/slipway-addons"
    public static let addonsKustomization: Self = "addons/kustomization.yaml"
    public static let rbacManifest: Self = "addons/rbac.yaml"
    public static let coreDNSManifest: Self = "addons/coredns.yaml"
    public static let calicoPatch: Self = "addons/calico-node.yaml"
}

/// What runs inside the cluster and must be there before it is useful: cluster DNS and, with Calico, the pod network.
///
/// Applied from the jump host by an account of its own, as often as it takes. It begins with the rights of those who
/// administer, and for that takes a second certificate, which is root's and also the way back in when those rights are gone.
enum AddonsPlan: Consumer {
    static let directory = "/etc/slipway/addons"
    static let account = "slipway-addons"
    /// For root alone; the unit hands it to the program (LoadCredential=).
    static let superAdmin = "/etc/slipway/super-admin.kubeconfig"

    static func contribute(to plan: inout MachinePlan, _ cluster: Cluster, _ catalogue: PayloadCatalogue) {
        plan.accounts.append(AccountPlan(service: account, home: "/var/lib/slipway-addons"))
        plan.directories.append(DirectoryPlan(directory))
        ControlPlanePlan.addProgram(to: &plan)
        var manifests: [FilePlan] = [
            .rendered("\(directory)/kustomization.yaml", .addonsKustomization),
            .rendered("\(directory)/rbac.yaml", .rbacManifest),
            .rendered("\(directory)/coredns.yaml", .coreDNSManifest),
        ]
        var causes: [String] = []
        if cluster.kubernetes.cni == .calico {
            manifests.append(.rendered("\(directory)/calico-node.yaml", .calicoPatch))
            let manifest = "\(directory)/calico.yaml"
            plan.payloads.append(PayloadUse(catalogue.calicoManifest, path: manifest, mode: 0o644))
            causes.append(manifest)
        }
        // Outside the kustomization: kubectl may read every file in there.
        let kubeconfig = "/etc/slipway/addons.kubeconfig"
        let script = "/usr/local/sbin/slipway-addons"
        plan.files += manifests
        plan.leaves.append(
            LeafPlanner(cluster, plan.machine).client(
                .superAdmin, commonName: "kubernetes-super-admin", organizations: ["system:masters"]))
        plan.files += [
            FilePlan(superAdmin, .kubeconfig(.superAdmin, server: cluster.apiURL)),
            // The jump host's admin certificate, planned by JumpPlan: CRDs and cluster roles take no less.
            FilePlan(kubeconfig, .kubeconfig(.admin, server: cluster.apiURL), owner: account),
            FilePlan(script, .program(.addonsScript), mode: 0o755),
            .rendered("/etc/systemd/system/slipway-addons.service", .addonsUnit),
        ]
        plan.units.append(
            UnitPlan(
                "slipway-addons.service", restartOn: manifests.map(\.path) + [kubeconfig, superAdmin, script] + causes))
        addChecks(to: &plan, cluster, catalogue, kubeconfig)
    }

    /// The cluster as a whole, seen the way that its users see it.
    private static func addChecks(
        to plan: inout MachinePlan, _ cluster: Cluster, _ catalogue: PayloadCatalogue, _ kubeconfig: String
    ) {
        func check(
            _ name: String, _ title: String, _ arguments: [String], of components: [String],
            _ judgement: HealthCheck.Judgement = .success
        ) {
            let probe = HealthCheck.Probe.kubectl(
                arguments, kubeconfig: kubeconfig, user: account, home: "/var/lib/slipway-addons")
            plan.checks.append(
                CheckPlan(
                    HealthCheck(name, title, seconds: 10, patience: 180, probe, judgement),
                    of: (["kubectl", "kube-apiserver"] + components).map(catalogue.kubernetes)))
        }
        let hasBalancer = !cluster.machines(.loadBalancer).isEmpty
        check("api", hasBalancer ? "API through the load balancer" : "API", ["get", "--raw=/readyz"], of: [])
        let managers = ["kube-controller-manager", "kube-scheduler"]
        check(
            "leaders", "leaders", ["get", "leases", "--namespace=kube-system"] + managers + ["--output=\(leases)"],
            of: managers, .leaders(managers))
        let workers = cluster.machines(.worker).map(\.name)
        if !workers.isEmpty {
            check("nodes", "nodes", ["get", "nodes", "--output=\(nodes)"], of: ["kubelet"], .nodes(workers))
        }
        let applied = HealthCheck(
            "addons", "add-ons applied", patience: 180, .unit("slipway-addons.service"), .says("exited"))
        plan.checks.append(CheckPlan(applied, of: ["kubectl", "kube-apiserver"].map(catalogue.kubernetes)))
    }

    private static let ready = #"{.status.conditions[?(@.type=="Ready")]"#
    private static let nodes =
        #"jsonpath={range .items[*]}{.metadata.name}{"\t"}\#(ready).status}{"\t"}"#
        + #"{.status.nodeInfo.kubeletVersion}{"\t"}\#(ready).message}{"\n"}{end}"#
    private static let leases =
        #"jsonpath={range .items[*]}{.metadata.name}{"\t"}{.spec.holderIdentity}{"\t"}"#
        + #"{.spec.renewTime}{"\t"}{.spec.leaseDurationSeconds}{"\n"}{end}"#
}

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
        leaves = [JumpPlan.admin(LeafPlanner(operatorOf: cluster), cluster)]
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
