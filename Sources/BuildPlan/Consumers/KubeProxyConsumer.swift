import ClusterModel

extension TemplateName {
    public static let kubeProxyConfig: Self = "kube-proxy/kube-proxy.yaml"
    public static let kubeProxyUnit: Self = "kube-proxy/kube-proxy.service"
}

/// The service network of a worker. Every node has a certificate of its own, so that one can be told from another.
enum KubeProxyConsumer: Consumer {
    static func contribute(to plan: inout MachinePlan, _ cluster: Cluster, _ catalogue: PayloadCatalogue) {
        let directory = KubeletConsumer.directory
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
    }
}
