import ClusterModel

extension TemplateName {
    public static let bridgeNetwork: Self = "cni/10-slipway.conflist"
    public static let podRoutes: Self = "cni/pod-routes"
    public static let podRoutesUnit: Self = "cni/slipway-pod-routes.service"
}

/// The pod network of a worker.
///
/// With `bridge` everything is decided here: each worker's range and the routes to the others. Calico decides at run
/// time: its own pod writes the configuration and the plugins, so that these must not be files of ours.
enum CNIConsumer: Consumer {
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
