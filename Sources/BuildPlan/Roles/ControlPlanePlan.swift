import BundleFormat
import ClusterModel
import Values

extension TemplateName {
    public static let kubeconfig: Self = "kubernetes/kubeconfig"
    public static let apiserverUnit: Self = "kubernetes/kube-apiserver.service"
    public static let controllerManagerUnit: Self = "kubernetes/kube-controller-manager.service"
    public static let schedulerUnit: Self = "kubernetes/kube-scheduler.service"
    public static let schedulerConfig: Self = "kubernetes/scheduler.yaml"
    public static let encryptionConfig: Self = "kubernetes/encryption-config.yaml"
    public static let auditPolicy: Self = "kubernetes/audit-policy.yaml"
    public static let authenticationConfig: Self = "kubernetes/authentication.yaml"
    public static let admissionConfig: Self = "kubernetes/admission.yaml"
    public static let kubernetesAPI: Self = "programs/kubernetes-api"
}

/// A control plane: kube-apiserver, kube-controller-manager and kube-scheduler, each under an account of its own that can read
/// its own keys alone.
enum ControlPlanePlan: Consumer {
    static let directory = "/etc/kubernetes"
    static let pki = "/etc/kubernetes/pki"

    static func contribute(to plan: inout MachinePlan, _ cluster: Cluster, _ catalogue: PayloadCatalogue) {
        // Certificates are for everybody to read; each key belongs to the one account that needs it.
        plan.directories += [DirectoryPlan(directory), DirectoryPlan(pki)]
        addProgram(to: &plan)
        addAPIServer(to: &plan, cluster, catalogue)
        addControllerManager(to: &plan, cluster, catalogue)
        addScheduler(to: &plan, cluster, catalogue)
        addChecks(to: &plan, catalogue)
    }

    private static func addChecks(to plan: inout MachinePlan, _ catalogue: PayloadCatalogue) {
        let kubectl = catalogue.kubernetes("kubectl")
        plan.payloads.append(PayloadUse(kubectl, path: "/usr/local/bin/kubectl"))
        func check(_ name: String, _ title: String, _ probe: HealthCheck.Probe) {
            let check = HealthCheck(name, title, needs: ["kube-\(name).service"], seconds: 8, patience: 20, probe)
            plan.checks.append(CheckPlan(check, of: [kubectl, catalogue.kubernetes("kube-\(name)")]))
        }
        // As a component beside it sees it; the way through the load balancer is looked at from the jump host.
        check(
            "apiserver", "API server",
            .kubectl(
                ["get", "--raw=/readyz"], kubeconfig: "\(directory)/controller-manager.kubeconfig",
                user: "kube-controller-manager"))
        check("controller-manager", "controller-manager", .healthz(10257))
        check("scheduler", "scheduler", .healthz(10259))
    }

    private static func addAPIServer(to plan: inout MachinePlan, _ cluster: Cluster, _ catalogue: PayloadCatalogue) {
        let before = plan.files.count
        let account = "kube-apiserver"
        addTrust(to: &plan)
        let planner = LeafPlanner(cluster, plan.machine)
        let server = planner.server(
            .apiserver, commonName: "kube-apiserver", dnsNames: apiNames(cluster), addresses: apiAddresses(cluster))
        plan.add(server, in: pki, name: "apiserver", owner: account)
        // What it may do at kubelets is in addons/rbac.yaml, under this name.
        let kubelet = planner.client(.apiserverKubeletClient, commonName: "kube-apiserver-kubelet-client")
        plan.add(kubelet, in: pki, name: "apiserver-kubelet-client", owner: account)
        let etcd = planner.client(.apiserverEtcdClient, .etcd, commonName: "kube-apiserver-etcd-client")
        plan.add(etcd, in: pki, name: "apiserver-etcd-client", owner: account)
        let frontProxy = planner.client(.frontProxyClient, .frontProxy, commonName: "front-proxy-client")
        plan.add(frontProxy, in: pki, name: "front-proxy-client", owner: account)
        plan.files += [
            FilePlan("\(pki)/sa.key", .serviceAccountKey, owner: account),
            FilePlan("\(pki)/sa.pub", .serviceAccountPublicKeys),
            FilePlan("\(directory)/encryption-config.yaml", .template(.encryptionConfig, .secret), owner: account),
            .rendered("\(directory)/audit-policy.yaml", .auditPolicy),
            .rendered("\(directory)/authentication.yaml", .authenticationConfig),
            .rendered("\(directory)/admission.yaml", .admissionConfig),
        ]
        let causes = plan.files[before...].map(\.path)
        addService("kube-apiserver", .apiserverUnit, restartOn: causes, to: &plan, catalogue)
    }

    /// What units of several roles ask the API with.
    static func addProgram(to plan: inout MachinePlan) {
        plan.files.append(FilePlan("/usr/local/lib/slipway/kubernetes-api", .program(.kubernetesAPI), mode: 0o755))
    }

    private static func addTrust(to plan: inout MachinePlan) {
        plan.files += [
            // Issuing authorities alone: with the root here, a front-proxy or etcd client would pass as a Kubernetes user.
            FilePlan("\(pki)/client-ca.crt", .trust([.kubernetes, .kubernetesCSR])),
            // Whom the API server believes to be a kubelet, and pods believe to be the API server: never who has a key of the
            // control planes' own authority.
            FilePlan("\(pki)/kubernetes-ca.crt", .trust([.kubernetes])),
            FilePlan("\(pki)/etcd-ca.crt", .trust([.etcd])),
            FilePlan("\(pki)/front-proxy-ca.crt", .trust([.frontProxy])),
        ]
    }

    private static func addControllerManager(
        to plan: inout MachinePlan, _ cluster: Cluster, _ catalogue: PayloadCatalogue
    ) {
        let kubeconfig = "\(directory)/controller-manager.kubeconfig"
        let account = "kube-controller-manager"
        plan.files += [
            // The API server's own file is not for other accounts.
            FilePlan("\(pki)/controller-manager-sa.key", .serviceAccountKey, owner: account),
            // kube-controller-manager refuses a file with more than this one certificate.
            FilePlan("\(pki)/csr-ca.crt", .trust([.kubernetesCSR])),
            FilePlan("\(pki)/csr-ca.key", .authorityKey(.kubernetesCSR), owner: account),
        ]
        addClient(.controllerManager, account, kubeconfig, to: &plan, cluster)
        addService(
            "kube-controller-manager", .controllerManagerUnit,
            restartOn: [
                kubeconfig, "\(pki)/kubernetes-ca.crt", "\(pki)/csr-ca.crt", "\(pki)/csr-ca.key",
                "\(pki)/controller-manager-sa.key",
            ],
            to: &plan,
            catalogue)
    }

    private static func addScheduler(to plan: inout MachinePlan, _ cluster: Cluster, _ catalogue: PayloadCatalogue) {
        let (kubeconfig, config) = ("\(directory)/scheduler.kubeconfig", "\(directory)/scheduler.yaml")
        addClient(.scheduler, "kube-scheduler", kubeconfig, to: &plan, cluster)
        plan.files.append(.rendered(config, .schedulerConfig))
        addService("kube-scheduler", .schedulerUnit, restartOn: [kubeconfig, config], to: &plan, catalogue)
    }

    /// A component that talks to the API server beside it, so that it works while the load balancer does not.
    private static func addClient(
        _ kind: LeafKind, _ account: String, _ path: String, to plan: inout MachinePlan, _ cluster: Cluster
    ) {
        plan.leaves.append(LeafPlanner(cluster, plan.machine).client(kind, commonName: "system:\(account)"))
        plan.files.append(
            FilePlan(path, .kubeconfig(kind, server: "https://127.0.0.1:\(ClusterConventions.apiPort)"), owner: account)
        )
    }

    private static func addService(
        _ name: String, _ unit: TemplateName, restartOn causes: [String], to plan: inout MachinePlan,
        _ catalogue: PayloadCatalogue
    ) {
        plan.accounts.append(AccountPlan(service: name, home: "/nonexistent"))
        plan.files.append(.rendered("/etc/systemd/system/\(name).service", unit))
        let binary = "/usr/local/bin/\(name)"
        plan.payloads.append(PayloadUse(catalogue.kubernetes(name), path: binary))
        plan.units.append(UnitPlan("\(name).service", restartOn: causes + [binary], startSeconds: 180))
    }

    private static func apiNames(_ cluster: Cluster) -> [String] {
        let service = ["kubernetes", "kubernetes.default", "kubernetes.default.svc"]
        let planes = cluster.machines(.controlPlane).map(\.name)
        return unique(
            service + ["kubernetes.default.svc.\(cluster.network.domain)"] + planes
                + cluster.apiEntrances.map(\.name) + ["localhost"])
    }

    private static func apiAddresses(_ cluster: Cluster) -> [IPv4Address] {
        let planes = cluster.machines(.controlPlane).map(\.address)
        return unique(
            [cluster.apiAddress] + cluster.apiEntrances.map(\.address) + planes + [
                cluster.network.apiServiceAddress, LeafPlanner.loopback,
            ])
    }

    /// Without a load balancer the endpoint is the control plane itself.
    private static func unique<Value: Hashable>(_ values: [Value]) -> [Value] {
        var seen: Set<Value> = []
        return values.filter { seen.insert($0).inserted }
    }
}
