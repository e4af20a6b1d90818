import BundleFormat
public import ClusterModel

extension TemplateName {
    public static let vaultConfig: Self = "vault/vault.hcl"
    public static let vaultUnit: Self = "vault/vault.service"
    public static let vaultBootstrapConfig: Self = "vault/bootstrap.json"
    public static let vaultBootstrap: Self = "programs/vault-bootstrap"
    public static let vaultBootstrapUnit: Self = "vault/vault-bootstrap.service"
}

/// Vault, and what sets it up at first boot: initialisation, unsealing, the cluster's authorities as PKI engines.
public enum VaultPlan: Consumer {
    /// The authorities that Vault gets as a PKI engine each, and whether with their key.
    ///
    /// The root's key is on no machine. `kubernetes-csr` is missing: its key is the control planes' own.
    public static let engines: [(authority: AuthorityName, holdsKey: Bool)] = [
        (.root, false), (.intermediate, true), (.kubernetes, true), (.etcd, true), (.etcdPeers, true),
        (.frontProxy, true),
    ]
    /// The directory with `NAME.crt`, the authority's certificate and those above it, and `NAME.key`.
    public static let issuers = "/etc/vault.d/issuers"

    static let directory = "/etc/vault.d"
    private static let program = "/usr/local/lib/slipway/vault-bootstrap"
    private static let bootstrapConfig = "\(directory)/bootstrap.json"

    static func contribute(to plan: inout MachinePlan, _ cluster: Cluster, _ catalogue: PayloadCatalogue) {
        plan.accounts.append(AccountPlan(service: "vault", home: "/var/lib/vault"))
        plan.directories += [
            DirectoryPlan(directory), DirectoryPlan("\(directory)/tls", mode: 0o750, group: "vault"),
            DirectoryPlan(issuers, mode: 0o700),
            DirectoryPlan("/var/lib/vault", mode: 0o700, owner: "vault"), DirectoryPlan("/var/lib/slipway"),
            // The shares and the root token: for root alone, not for Vault's account.
            DirectoryPlan("/var/lib/slipway/vault", mode: 0o700),
        ]
        addCertificate(to: &plan, cluster)
        let issuerFiles = issuerFiles()
        plan.files += issuerFiles
        plan.files += [
            .rendered("\(directory)/vault.hcl", .vaultConfig),
            .rendered(bootstrapConfig, .vaultBootstrapConfig),
            FilePlan(program, .program(.vaultBootstrap), mode: 0o755),
            .rendered("/etc/systemd/system/vault.service", .vaultUnit),
            .rendered("/etc/systemd/system/vault-bootstrap.service", .vaultBootstrapUnit),
        ]
        let release = catalogue.vault
        plan.payloads.append(PayloadUse(release, member: "vault", path: "/usr/local/bin/vault"))
        let tls = ["vault.crt", "vault.key"].map { "\(directory)/tls/\($0)" }
        plan.units += [
            UnitPlan("vault.service", restartOn: ["\(directory)/vault.hcl"] + tls + [release.name]),
            UnitPlan(
                "vault-bootstrap.service",
                restartOn: [bootstrapConfig, program] + issuerFiles.map(\.path) + [release.name], startSeconds: 120),
        ]
        // Without a token: that it is open and which certificate an engine issues with, Vault tells everybody.
        let open = HealthCheck(
            "vault", "Vault: unsealed, with its PKI engines", needs: ["vault.service", "vault-bootstrap.service"],
            seconds: 10, patience: 0,
            .program(HealthCheck.Program(program, ["check"], user: "vault")))
        plan.checks.append(CheckPlan(open, of: [release]))
    }

    private static func addCertificate(to plan: inout MachinePlan, _ cluster: Cluster) {
        let planner = LeafPlanner(cluster, plan.machine)
        var names = planner.ownNames
        if !names.contains("vault") { names.insert("vault", at: 0) }
        let leaf = planner.server(.vault, commonName: "vault", dnsNames: names, addresses: planner.ownAddresses)
        plan.add(leaf, in: "\(directory)/tls", name: "vault", owner: "vault")
        plan.files.append(FilePlan("\(directory)/tls/ca.crt", .trust([.kubernetes])))
    }

    private static func issuerFiles() -> [FilePlan] {
        engines.flatMap { engine -> [FilePlan] in
            let chain = Array(sequence(first: engine.authority, next: \.issuer))
            let path = "\(issuers)/\(engine.authority.rawValue)"
            let certificate = FilePlan("\(path).crt", .authorityCertificates(chain))
            return engine.holdsKey
                ? [certificate, FilePlan("\(path).key", .authorityKey(engine.authority))] : [certificate]
        }
    }
}
