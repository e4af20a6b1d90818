import BundleFormat
import ClusterModel
import Values

extension TemplateName {
    public static let containerdConfig: Self = "containerd/config.toml"
    /// In the older schema, for containerd 1.7.
    public static let containerd1Config: Self = "containerd/config-1.7.toml"
    public static let containerdUnit: Self = "containerd/containerd.service"
}

/// The container runtime of a worker: containerd, runc and the images that pods need before any network exists.
enum ContainerdPlan: Consumer {
    static func contribute(to plan: inout MachinePlan, _ cluster: Cluster, _ catalogue: PayloadCatalogue) {
        let config = "/etc/containerd/config.toml"
        plan.directories += [DirectoryPlan("/etc/containerd"), DirectoryPlan("/var/lib/containerd", mode: 0o700)]
        plan.files += [
            .rendered(config, cluster.versions.containerd.major == 1 ? .containerd1Config : .containerdConfig),
            .rendered("/etc/systemd/system/containerd.service", .containerdUnit),
        ]
        plan.payloads += ["containerd", "containerd-shim-runc-v2", "ctr"].map { name in
            PayloadUse(catalogue.containerd, member: "bin/\(name)", path: "/usr/local/bin/\(name)")
        }
        plan.payloads += [
            PayloadUse(catalogue.runc, path: "/usr/local/sbin/runc"), PayloadUse(catalogue.pauseImage),
            PayloadUse(catalogue.coreDNSImage),
        ]
        plan.units.append(UnitPlan("containerd.service", restartOn: [config, "/usr/local/bin/containerd"]))
    }
}

extension TemplateName {
    public static let bridgeNetwork: Self = "cni/10-slipway.conflist"
    public static let podRoutes: Self = "cni/pod-routes"
    public static let podRoutesUnit: Self = "cni/slipway-pod-routes.service"
}

/// The pod network of a worker.
///
/// With `bridge` everything is decided here: each worker's range and the routes to the others. Calico decides at run
/// time: its own pod writes the configuration and the plugins, so that these must not be files of ours.
enum CNIPlan: Consumer {
    static let plugins = "/opt/cni/bin"

    static func contribute(to plan: inout MachinePlan, _ cluster: Cluster, _ catalogue: PayloadCatalogue) {
        plan.directories += [DirectoryPlan("/opt/cni"), DirectoryPlan(plugins), DirectoryPlan("/etc/cni")]
        plan.directories.append(DirectoryPlan("/etc/cni/net.d"))
        switch cluster.kubernetes.cni {
        case .calico: plan.payloads += catalogue.calicoImages.map { PayloadUse($0) }
        case .bridge: addBridge(to: &plan, catalogue)
        }
    }

    private static func addBridge(to plan: inout MachinePlan, _ catalogue: PayloadCatalogue) {
        let routes = "/etc/slipway/pod-routes"
        plan.payloads += ["bridge", "host-local", "loopback", "portmap"].map { (name: String) in
            PayloadUse(catalogue.cniPlugins, member: name, path: "\(plugins)/\(name)")
        }
        plan.files += [
            .rendered("/etc/cni/net.d/10-slipway.conflist", .bridgeNetwork),
            .rendered(routes, .podRoutes),
            .rendered("/etc/systemd/system/slipway-pod-routes.service", .podRoutesUnit),
        ]
        plan.units.append(UnitPlan("slipway-pod-routes.service", restartOn: [routes]))
    }
}

extension TemplateName {
    public static let kubeletConfig: Self = "kubelet/kubelet.yaml"
    public static let kubeletUnit: Self = "kubelet/kubelet.service"
    public static let kubeletResolvConf: Self = "kubelet/resolv.conf"
}

/// The node agent of a worker, with the two certificates that make it the node of its name.
enum KubeletPlan: Consumer {
    static let directory = "/etc/kubernetes"

    static func contribute(to plan: inout MachinePlan, _ cluster: Cluster, _ catalogue: PayloadCatalogue) {
        let pki = "\(directory)/pki"
        plan.directories += [
            DirectoryPlan(directory), DirectoryPlan(pki, mode: 0o750), DirectoryPlan("/var/lib/kubelet", mode: 0o700),
        ]
        ControlPlanePlan.addProgram(to: &plan)
        let before = plan.files.count
        // The issuing authority alone: an etcd or front-proxy client is nobody here.
        plan.files.append(FilePlan("\(pki)/kubernetes-ca.crt", .trust([.kubernetes])))
        addCertificates(to: &plan, cluster, in: pki)
        plan.files += [
            .rendered("\(directory)/kubelet.yaml", .kubeletConfig),
            .rendered("\(directory)/resolv.conf", .kubeletResolvConf),
        ]
        let causes = plan.files[before...].map(\.path)
        plan.files.append(.rendered("/etc/systemd/system/kubelet.service", .kubeletUnit))
        plan.payloads.append(PayloadUse(catalogue.kubernetes("kubelet"), path: "/usr/local/bin/kubelet"))
        plan.units.append(UnitPlan("kubelet.service", restartOn: causes + ["/usr/local/bin/kubelet"]))
        // Whether the node is Ready, the API knows: see JumpPlan.
        let check = HealthCheck("kubelet", "node agent", needs: ["kubelet.service"], .local(10248, "/healthz"))
        plan.checks.append(CheckPlan(check, of: [catalogue.kubernetes("kubelet")]))
    }

    private static func addCertificates(to plan: inout MachinePlan, _ cluster: Cluster, in pki: String) {
        let planner = LeafPlanner(cluster, plan.machine)
        let (user, groups) = ("system:node:\(plan.machine.name)", ["system:nodes"])
        let server = planner.server(
            .kubeletServer, commonName: user, organizations: groups, dnsNames: planner.ownNames,
            addresses: planner.ownAddresses)
        plan.add(server, in: pki, name: "kubelet-server")
        plan.leaves.append(planner.client(.kubeletClient, commonName: user, organizations: groups))
        plan.files.append(
            FilePlan("\(directory)/kubelet.kubeconfig", .kubeconfig(.kubeletClient, server: cluster.apiURL)))
    }
}

extension TemplateName {
    public static let kubeProxyConfig: Self = "kube-proxy/kube-proxy.yaml"
    public static let kubeProxyUnit: Self = "kube-proxy/kube-proxy.service"
}

/// The service network of a worker. Every node has a certificate of its own, so that one can be told from another.
enum KubeProxyPlan: Consumer {
    static func contribute(to plan: inout MachinePlan, _ cluster: Cluster, _ catalogue: PayloadCatalogue) {
        let directory = KubeletPlan.directory
        let (config, kubeconfig) = ("\(directory)/kube-proxy.yaml", "\(directory)/kube-proxy.kubeconfig")
        let leaf = LeafPlanner(cluster, plan.machine).client(
            .kubeProxy, commonName: "system:kube-proxy", organizations: ["system:node-proxier"])
        plan.leaves.append(leaf)
        plan.files += [
            FilePlan(kubeconfig, .kubeconfig(.kubeProxy, server: cluster.apiURL)),
            .rendered(config, .kubeProxyConfig),
            .rendered("/etc/systemd/system/kube-proxy.service", .kubeProxyUnit),
        ]
        plan.payloads.append(PayloadUse(catalogue.kubernetes("kube-proxy"), path: "/usr/local/bin/kube-proxy"))
        plan.units.append(UnitPlan("kube-proxy.service", restartOn: [config, kubeconfig, "/usr/local/bin/kube-proxy"]))
        let proxy = HealthCheck(
            "kube-proxy", "service proxy", needs: ["kube-proxy.service"], .local(10249, "/healthz"))
        plan.checks.append(CheckPlan(proxy, of: [catalogue.kubernetes("kube-proxy")]))
        // The way that pods take: by the service's address, through this node's rules, to wherever cluster DNS runs.
        let dns = HealthCheck(
            "cluster-dns", "cluster DNS", needs: ["kube-proxy.service"], patience: 180,
            .dns(server: cluster.network.dnsServiceAddress, name: "kubernetes.default.svc.\(cluster.network.domain)"),
            .says("\(cluster.network.apiServiceAddress)"))
        let components = ["kube-proxy", "kubelet", "kube-apiserver", "kube-controller-manager", "kube-scheduler"]
        plan.checks.append(
            CheckPlan(dns, of: components.map(catalogue.kubernetes) + [catalogue.coreDNSImage, catalogue.pauseImage]))
    }
}
