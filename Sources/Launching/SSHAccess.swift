package import BundleFormat
public import HostSystem
import Values

/// The commands that go through SSH.
package enum SSHCommands {
    /// Logs in to a machine; a person answers nothing, and what is asked is refused.
    ///
    /// - Parameter network: the command that enters the machines' network, where this host is not in it.
    package static func login(
        _ machine: String, _ arguments: [String], _ paths: InstancePaths, through network: [String] = []
    ) -> ExternalCommand {
        // The configuration's paths are relative to its directory.
        ExternalCommand(network + ["ssh", "-F", "ssh_config", machine] + arguments, directory: paths.operatorFiles)
    }

    /// Runs a program as root.
    package static func execution(
        _ arguments: [String], on machine: String, _ paths: InstancePaths, terminal: String?
    ) -> ExternalCommand {
        // ssh(1) joins its arguments with spaces and has a shell read them.
        let line = (["sudo", "-n", "--"] + arguments).map(quoted).joined(separator: " ")
        let options = terminal == nil ? ["-o", "BatchMode=yes", "-o", "LogLevel=ERROR"] : ["-t"]
        return ExternalCommand(
            ["ssh", "-F", "ssh_config"] + options + [machine, "--", line], directory: paths.operatorFiles)
    }

    /// For sh(1): nothing has a meaning between single quotes but the quote.
    package static func quoted(_ word: String) -> String {
        let isPlain = word.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "/"),
                UInt8(ascii: "."), UInt8(ascii: "="), UInt8(ascii: ":"):
                true
            default: false
            }
        }
        if isPlain, !word.isEmpty { return word }
        return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
    }
}

/// A provider whose machines are reached by SSH alone, with the configuration that it has written at their start:
/// ``InstancePaths/sshConfig``.
public protocol SSHProvider: Provider {}

extension SSHProvider {
    public func execution(
        _ arguments: [String], in machine: RunningMachine, of instance: Instance, terminal: String?
    ) -> ExternalCommand {
        SSHCommands.execution(arguments, on: machine.name, instance.paths, terminal: terminal)
    }

    public func login(_ machine: String, _ arguments: [String], _ instance: Instance) -> ExternalCommand {
        SSHCommands.login(machine, arguments, instance.paths)
    }
}

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
