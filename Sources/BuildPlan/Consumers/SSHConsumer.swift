import ClusterModel

extension TemplateName {
    public static let sshdConfig: Self = "ssh/10-slipway.conf"
}

/// The SSH server: a host key that the cluster's SSH authority has signed, and who may log in.
enum SSHConsumer: Consumer {
    static func contribute(to plan: inout MachinePlan, _ cluster: Cluster, _ catalogue: PayloadCatalogue) {
        let config = "/etc/ssh/sshd_config.d/10-slipway.conf"
        let hostKey = "/etc/ssh/ssh_host_ed25519_key"
        let keys = "/etc/ssh/authorized_keys.d"
        plan.directories += [DirectoryPlan("/etc/ssh/sshd_config.d"), DirectoryPlan(keys)]
        // The key before what names it: a run that is cut short leaves a server that starts.
        plan.files += [
            FilePlan(hostKey, .sshHostKey),
            FilePlan("\(hostKey).pub", .sshHostPublicKey),
            FilePlan("\(hostKey)-cert.pub", .sshHostCertificate),
        ]
        plan.files += cluster.users.map { FilePlan("\(keys)/\($0.name)", .authorizedKeys(account: $0.name)) }
        plan.files.append(.rendered(config, .sshdConfig))
        // Authorised keys are read at each login and need no restart.
        plan.units.append(UnitPlan("ssh.service", restartOn: [config, hostKey, "\(hostKey)-cert.pub"]))
    }
}
