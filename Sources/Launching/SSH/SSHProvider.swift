public import HostSystem

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
