import BundleFormat
import ClusterModel

extension TemplateName {
    public static let haproxyConfig: Self = "haproxy/haproxy.cfg"
    public static let haproxyUnit: Self = "haproxy/haproxy.service"
}

/// The load balancer in front of the API servers.
enum HAProxyPlan: Consumer {
    static func contribute(to plan: inout MachinePlan, _ cluster: Cluster, _ catalogue: PayloadCatalogue) {
        let (config, authority) = ("/etc/haproxy/haproxy.cfg", "/etc/haproxy/ca.crt")
        let package = catalogue.haproxy
        // The package brings the account and, as a configuration file of its own, another haproxy.cfg; ours must win.
        plan.payloads.append(PayloadUse(package))
        plan.directories.append(DirectoryPlan("/etc/haproxy"))
        plan.files += [
            FilePlan(authority, .trust([.kubernetes])),
            .rendered(config, .haproxyConfig),
            .rendered("/etc/systemd/system/haproxy.service", .haproxyUnit),
        ]
        plan.units.append(UnitPlan("haproxy.service", restartOn: [config, authority, package.name]))
        // The page of statistics asks for no rights at all, unlike the socket, which also disables servers.
        let servers = HealthCheck(
            "api-servers", "API servers behind the load balancer", needs: ["haproxy.service"], patience: 180,
            .local(8404, "/stats;csv"), .haproxyServers(backend: "control-planes-readiness"))
        plan.checks.append(CheckPlan(servers, of: [package, catalogue.kubernetes("kube-apiserver")]))
    }
}
