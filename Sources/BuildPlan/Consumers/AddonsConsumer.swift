import ClusterModel

extension TemplateName {
    public static let addonsUnit: Self = "addons/slipway-addons.service"
    public static let addonsScript: Self = "addons/slipway-addons"
    public static let addonsKustomization: Self = "addons/kustomization.yaml"
    public static let coreDNSManifest: Self = "addons/coredns.yaml"
    public static let calicoPatch: Self = "addons/calico-node.yaml"
}

/// What runs inside the cluster and must be there before it is useful: cluster DNS and, with Calico, the pod network.
///
/// Applied from the jump host by an account of its own, as often as it takes.
enum AddonsConsumer: Consumer {
    static let directory = "/etc/slipway/addons"
    static let account = "slipway-addons"

    static func contribute(to plan: inout MachinePlan, _ cluster: Cluster, _ catalogue: PayloadCatalogue) {
        plan.accounts.append(AccountPlan(service: account, home: "/var/lib/slipway-addons"))
        plan.directories.append(DirectoryPlan(directory))
        var manifests: [FilePlan] = [
            .rendered("\(directory)/kustomization.yaml", .addonsKustomization),
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
        plan.files += [
            // The jump host's admin certificate, planned by JumpConsumer: CRDs and cluster roles take no less.
            FilePlan(kubeconfig, .kubeconfig(.admin, server: cluster.apiURL), owner: account),
            .rendered(script, .addonsScript, mode: 0o755),
            .rendered("/etc/systemd/system/slipway-addons.service", .addonsUnit),
        ]
        plan.units.append(
            UnitPlan("slipway-addons.service", restartOn: manifests.map(\.path) + [kubeconfig, script] + causes))
    }
}
