import BundleFormat
import ClusterModel

extension TemplateName {
    public static let etcdConfig: Self = "etcd/etcd.conf.yml"
    public static let etcdUnit: Self = "etcd/etcd.service"
    public static let etcdctlEnvironment: Self = "etcd/etcdctl.env"
}

/// An etcd member: release, configuration, certificates, unit.
enum EtcdPlan: Consumer {
    static let directory = "/etc/etcd"

    static func contribute(to plan: inout MachinePlan, _ cluster: Cluster, _ catalogue: PayloadCatalogue) {
        plan.accounts.append(AccountPlan(service: "etcd", home: "/var/lib/etcd"))
        plan.directories += [
            DirectoryPlan(directory), DirectoryPlan("\(directory)/pki", mode: 0o750, group: "etcd"),
            DirectoryPlan("/var/lib/etcd", mode: 0o700, owner: "etcd"),
        ]
        addCertificates(to: &plan, cluster)
        plan.files += [
            .rendered("\(directory)/etcd.conf.yml", .etcdConfig),
            .rendered("\(directory)/etcdctl.env", .etcdctlEnvironment),
            .rendered("/etc/systemd/system/etcd.service", .etcdUnit),
        ]
        let release = catalogue.etcd
        plan.payloads += ["etcd", "etcdctl", "etcdutl"].map { name in
            PayloadUse(release, member: catalogue.etcdMember(name), path: "/usr/local/bin/\(name)")
        }
        plan.units.append(
            UnitPlan(
                "etcd.service",
                restartOn: [
                    "\(directory)/etcd.conf.yml", "\(directory)/pki/ca.crt", "\(directory)/pki/peer-ca.crt",
                    release.name,
                ],
                // Its own unit waits for peers without end.
                startSeconds: 120))
        addChecks(to: &plan, release)
    }

    private static func addChecks(to plan: inout MachinePlan, _ release: PayloadPlan) {
        // etcd's own words, on the port for scrapers: a member serves, and the members agree (a read that a quorum confirms).
        let answer = HealthCheck.Judgement.member("health", equals: "true", reason: "reason")
        let unit = ["etcd.service"]
        plan.checks += [
            HealthCheck(
                "etcd-member", "etcd member", needs: unit, patience: 10, .local(2381, "/health?serializable=true"),
                answer),
            HealthCheck("etcd-quorum", "etcd quorum", needs: unit, patience: 10, .local(2381, "/health"), answer),
            HealthCheck(
                "etcd-client", "etcd by its client certificate", needs: unit, seconds: 8, patience: 10,
                .etcdctl(
                    ["endpoint", "health"], endpoints: ["https://127.0.0.1:2379"], authority: "\(directory)/pki/ca.crt",
                    client: "\(directory)/pki/healthcheck-client", user: "root")),
        ].map { CheckPlan($0, of: [release]) }
    }

    private static func addCertificates(to plan: inout MachinePlan, _ cluster: Cluster) {
        let planner = LeafPlanner(cluster, plan.machine)
        let pki = "\(directory)/pki"
        plan.files += [
            FilePlan("\(pki)/ca.crt", .trust([.etcd])), FilePlan("\(pki)/peer-ca.crt", .trust([.etcdPeers])),
        ]
        for (kind, authority, name) in [
            (LeafKind.etcdServer, AuthorityName.etcd, "server"), (.etcdPeer, .etcdPeers, "peer"),
        ] {
            let leaf = planner.server(
                kind, authority, commonName: plan.machine.name, usage: .serverAndClient, dnsNames: planner.ownNames,
                addresses: planner.ownAddresses)
            plan.add(leaf, in: pki, name: name, owner: "etcd")
        }
        let client = planner.client(.etcdHealthcheckClient, .etcd, commonName: "etcd-healthcheck-client")
        plan.add(client, in: pki, name: "healthcheck-client")
    }
}
