package import BundleFormat
import HostSystem
import Values

/// How this host's ssh reaches the machines of an instance. Made here, from values that were checked: a configuration can
/// name programs that ssh(1) runs on this host, so none that came with a bundle is ever read.
///
/// Paths are relative to the operator's files, where ssh is started: they need no quoting, and the instance can be moved.
package struct SSHConfiguration: Hashable {
    package let plan: LaunchPlan
    /// The account that takes the operator's key, on every machine.
    package let login: String
    /// The loopback port that leads to the jump host's SSH; nil where the host is in the machines' network.
    package let forwardPort: Int?

    package init(_ instance: Instance, forwardPort: Int? = nil) {
        plan = instance.plan
        login = instance.record.login
        self.forwardPort = forwardPort
    }

    /// Writes the configuration; nothing is done when it is there already.
    package func write(_ paths: InstancePaths) throws(LaunchError) {
        try Files.makeDirectory(paths.operatorFiles, mode: 0o700)
        try Files.write(Array(text.utf8), to: paths.sshConfig)
    }

    /// ssh_config(5): of several values for an option the first one holds.
    package var text: String {
        let jump = plan.machines.first { $0.role == .jump }
        var lines = ["# Written by slipway at each start. From this directory: ssh -F ssh_config MACHINE"]
        if let jump, let forwardPort {
            lines += [
                "# The certificate that it shows names the machine, not this address.",
                "Host \(jump.name)", "    HostName 127.0.0.1", "    Port \(forwardPort)",
                "    HostKeyAlias \(jump.name)",
            ]
        }
        for machine in plan.machines { lines += ["Host \(machine.name)", "    HostName \(machine.address)"] }
        let others = plan.machines.filter { $0.name != jump?.name }
        if let jump, !others.isEmpty {
            lines += [
                "# The jump host is the way to all others.", "Host \(Self.names(others))", "    ProxyJump \(jump.name)",
            ]
        }
        lines += [
            "Host \(Self.names(plan.machines))", "    User \(login)", "    IdentityFile id_operator",
            "    IdentitiesOnly yes",
            "    # Every host shows a certificate of the authority in known_hosts: nobody is asked, nothing else is accepted.",
            "    UserKnownHostsFile known_hosts", "    GlobalKnownHostsFile none", "    StrictHostKeyChecking yes",
            "    HostKeyAlgorithms ssh-ed25519-cert-v01@openssh.com", "    ConnectTimeout 10",
            "    ServerAliveInterval 10", "    ServerAliveCountMax 3",
        ]
        return lines.joined(separator: "\n") + "\n"
    }

    private static func names(_ machines: [LaunchDefinition]) -> String {
        machines.map { "\($0.name) \($0.address)" }.joined(separator: " ")
    }
}
