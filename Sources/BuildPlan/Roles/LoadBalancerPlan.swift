import BundleFormat
import ClusterModel
import Values

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

extension TemplateName {
    public static let keepalivedConfig: Self = "keepalived/keepalived.conf"
    public static let keepalivedUnit: Self = "keepalived/keepalived.service"
    public static let nonlocalBind: Self = "keepalived/sysctl.conf"
    public static let loadBalancerCheck: Self = "programs/load-balancer-check"
}

/// What moves the API's address between two load balancers; nothing where there is one.
enum KeepalivedPlan: Consumer {
    /// The account that it and its check run as.
    private static let account = "keepalived"
    /// Where HAProxy says whether it has an API server that is ready.
    static let readinessPort: UInt16 = 8405

    static func contribute(to plan: inout MachinePlan, _ cluster: Cluster, _ catalogue: PayloadCatalogue) {
        guard let shared = cluster.network.api else { return }
        let (config, check) = ("/etc/keepalived/keepalived.conf", "/usr/local/lib/slipway/load-balancer-check")
        let settings = "/etc/sysctl.d/90-load-balancer.conf"
        plan.accounts.append(AccountPlan(service: account, home: "/nonexistent"))
        plan.directories.append(DirectoryPlan("/etc/keepalived"))
        plan.files += [
            .rendered(settings, .nonlocalBind),
            FilePlan(check, .program(.loadBalancerCheck), mode: 0o755),
            .rendered(config, .keepalivedConfig),
            .rendered("/etc/systemd/system/keepalived.service", .keepalivedUnit),
        ]
        // Before HAProxy, which could not listen at an address that the machine does not have. It belongs to every boot already.
        plan.units.insert(UnitPlan("systemd-sysctl.service", enable: false, restartOn: [settings]), at: 0)
        plan.units.append(UnitPlan("keepalived.service", restartOn: [config, catalogue.haproxy.name]))
        // Each of the two asks whoever has the address, and is told who that is.
        let holder = HealthCheck(
            HealthCheck.apiAddress, "address of the API", needs: ["keepalived.service"], patience: 60,
            .http(address: shared, port: readinessPort, path: "/holder"))
        plan.checks.append(CheckPlan(holder, of: [catalogue.haproxy]))
    }
}
