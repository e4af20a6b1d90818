import ClusterModel

extension TemplateName {
    public static let kubeletConfig: Self = "kubelet/kubelet.yaml"
    public static let kubeletUnit: Self = "kubelet/kubelet.service"
    public static let kubeletResolvConf: Self = "kubelet/resolv.conf"
}

/// The node agent of a worker, with the two certificates that make it the node of its name.
enum KubeletConsumer: Consumer {
    static let directory = "/etc/kubernetes"

    static func contribute(to plan: inout MachinePlan, _ cluster: Cluster, _ catalogue: PayloadCatalogue) {
        let pki = "\(directory)/pki"
        plan.directories += [
            DirectoryPlan(directory), DirectoryPlan(pki, mode: 0o750), DirectoryPlan("/var/lib/kubelet", mode: 0o700),
        ]
        let before = plan.files.count
        // The issuing authority alone: an etcd or front-proxy client is nobody here.
        plan.files.append(FilePlan("\(pki)/kubernetes-ca.crt", .authorityCertificates([.kubernetes])))
        addCertificates(to: &plan, cluster, in: pki)
        plan.files += [
            .rendered("\(directory)/kubelet.yaml", .kubeletConfig),
            .rendered("\(directory)/resolv.conf", .kubeletResolvConf),
        ]
        let causes = plan.files[before...].map(\.path)
        plan.files.append(.rendered("/etc/systemd/system/kubelet.service", .kubeletUnit))
        plan.payloads.append(PayloadUse(catalogue.kubernetes("kubelet"), path: "/usr/local/bin/kubelet"))
        plan.units.append(UnitPlan("kubelet.service", restartOn: causes + ["/usr/local/bin/kubelet"]))
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
