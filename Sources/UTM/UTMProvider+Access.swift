import BundleFormat
public import HostSystem
public import Launching

/// Machines are reached by SSH directly: on the shared network the host is their neighbour.
extension UTMProvider {
    public func log(
        of machine: String, running: RunningMachine?, _ request: LogRequest, _ instance: Instance
    ) throws(LaunchError) -> ExternalCommand {
        if request.console { throw LaunchError(.noConsoleLog(name: machine, instance: instance.paths.name)) }
        guard let running, running.state == .running else {
            throw .notRunning(machine: machine, instance: instance.paths.name)
        }
        return execution(request.journal, in: running, of: instance, terminal: nil)
    }

    /// `utmctl attach` tells which pseudo-terminal the serial port is, and leaves the talking to another program; macOS has
    /// screen(1). It ends with Control-A, then K.
    public func console(of machine: String, _ instance: Instance) throws(LaunchError) -> ConsoleAccess {
        let names = UTMNames(paths: instance.paths)
        let control = try control()
        guard let entry = try entry(of: machine, names, in: try control.list()), entry.state != .stopped else {
            throw .notRunning(machine: machine, instance: instance.paths.name)
        }
        guard let terminal = try control.terminal(entry.uuid) else { throw LaunchError(.noConsole(name: machine)) }
        return .command(ExternalCommand(["screen", terminal]))
    }

    /// UTM keeps nothing of what a machine writes to its console.
    public func stage(of machine: String, _ instance: Instance) -> BootStage? { nil }
}
