import BundleFormat
public import HostSystem
public import Launching

/// Machines are reached by SSH directly: on the shared network the host is their neighbour.
extension UTMProvider {
    public func log(
        of machine: String, running: RunningMachine?, _ request: LogRequest, _ instance: Instance
    ) throws(LaunchError) -> ExternalCommand {
        if request.console {
            let console = UTMConsole(UTMNames(paths: instance.paths), machine)
            if running != nil { collect(machine, UTMNames(paths: instance.paths)) }
            guard Files.exists(console.log) else {
                throw LaunchError(.noConsoleLog(name: machine, instance: instance.paths.name))
            }
            return ExternalCommand(
                ["tail", "-n", request.lines.map { "\($0)" } ?? "+1"] + (request.follows ? ["-f"] : []) + [console.log])
        }
        guard let running, running.state == .running else {
            throw .notRunning(machine: machine, instance: instance.paths.name)
        }
        return execution(request.journal, in: running, of: instance, terminal: nil)
    }

    /// The collector's socket, which carries both directions; several may be attached. A machine that was made without such a
    /// port has a pseudo-terminal: `utmctl attach` tells which, and macOS has screen(1), which ends with Control-A, then K.
    public func console(of machine: String, _ instance: Instance) throws(LaunchError) -> ConsoleAccess {
        let names = UTMNames(paths: instance.paths)
        let control = try control()
        guard let entry = try entry(of: machine, names, in: try control.list()), entry.state != .stopped else {
            throw .notRunning(machine: machine, instance: instance.paths.name)
        }
        let console = UTMConsole(names, machine)
        if try console.port != nil, program != nil {
            collect(machine, names)
            for _ in 0..<50 where !Files.exists(console.socket) { wait(100) }
            return .socket(path: console.socket)
        }
        guard let terminal = try control.terminal(entry.uuid) else { throw LaunchError(.noConsole(name: machine)) }
        return .program(ExternalCommand(["screen", terminal]))
    }

    /// Begins the collector of a machine's console. Without one the machine runs all the same.
    func collect(_ machine: String, _ names: UTMNames) {
        guard let program else { return }
        _ = try? runner.start(UTMConsole(names, machine).collector(program: program))
    }

    public func stage(of machine: String, _ instance: Instance) -> BootStage? {
        let log = UTMConsole(UTMNames(paths: instance.paths), machine).log
        if let stage = consoles.stage(in: log) { return stage }
        // Without a collector, or when a minute passed without a word, the machine is asked.
        return Files.age(of: log).map { $0 < 60 } == true ? .booting : nil
    }
}
