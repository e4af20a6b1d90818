public import BundleFormat
public import HostSystem
public import Launching
import Values

/// Virtual machines under QEMU, without root: on Linux with KVM, on macOS with its hypervisor, and anywhere without either.
///
/// A QEMU without a machine is the switch that all others are plugged into. The host is not in that network: a port of its
/// loopback leads to the jump host, and from there SSH goes on.
public struct QemuProvider: SSHProvider {
    public let name = ProviderName.qemu
    public let media = Media.images
    let runner: any CommandRunner
    let probe: QemuProbe
    let processes: QemuProcesses
    let consoles = ConsoleLog()
    /// The port that was asked for; nil for one that is free.
    let forwardPort: Int?

    public init(forwardPort: Int? = nil) {
        self.init(forwardPort: forwardPort, runner: ProcessRunner(), host: .current)
    }

    init(forwardPort: Int? = nil, runner: any CommandRunner, host: Computer) {
        self.forwardPort = forwardPort
        self.runner = runner
        probe = QemuProbe(host: host, runner: runner)
        processes = QemuProcesses(system: host.system, runner: runner)
    }

    public func examine(_ subject: Examination) -> [Finding] {
        QemuExaminer(subject: subject, probe: probe, forwardPort: forwardPort).findings
    }

    // MARK: Start

    public func start(_ machines: [LaunchDefinition], of instance: Instance) throws(LaunchError) -> [String] {
        let host = try host(for: instance.plan)
        let present = try running(instance)
        let control = control(instance.paths)
        for (name, machine) in present {
            switch machine.state {
            // Left so by a snapshot that was killed.
            case .paused: control.resume(name)
            case .crashed: try end([name], control)
            default: break
            }
        }
        let stopped = machines.filter { present[$0.name].map { $0.state == .crashed } ?? true }
        guard !stopped.isEmpty || !present.isEmpty else { return [] }
        let record = try settle(instance)
        try startSwitch(instance, host, record)
        // Before a machine is plugged in.
        if instance.record.isSealedOff { try sealOff(instance) }
        for machine in stopped {
            let disk = QemuDisk(instance: instance, machine: machine, host: host, runner: runner)
            try disk.make()
        }
        for machine in stopped {
            try start(machine, of: instance, host, QemuPorts(ssh: record.forwardPort, api: record.apiPort))
        }
        try confirm(stopped, instance)
        return stopped.map(\.name)
    }

    public var obstacleToSealing: String? { nil }

    /// The switch has no port that leads out, and the second interface of the jump host and of the endpoint ends in this host
    /// (``QemuUserNetwork``): there is nothing to look for.
    public func sealOff(_ instance: Instance) throws(LaunchError) {
        try AttemptRecorder.begin(instance.paths, AttemptRecorder.command(instance.paths, name), runner: runner)
    }

    /// What QEMU and the host offer; what is missing was found by ``examine(_:)`` already.
    func host(for plan: LaunchPlan) throws(LaunchError) -> QemuHost {
        let report = try report(on: plan.architecture, plan)
        guard let host = report.host, !report.shortcomings.contains(where: \.isFatal) else {
            throw .unfit(report.findings.filter { $0.level == .failure })
        }
        return host
    }

    private func report(on guest: Architecture, _ plan: LaunchPlan) throws(LaunchError) -> QemuReport {
        let report = try probe.report(on: guest)
        return plan.boot == nil ? report : report.forDirectBoot
    }

    /// Decides on the forwarded port, and tells ssh of it.
    private func settle(_ instance: Instance) throws(LaunchError) -> QemuRecord {
        let (jump, endpoint) = (instance.plan.sshEntrance, instance.plan.apiEntrance)
        var record = try QemuRecord.read(instance.paths)
        let running = try running(instance)
        if let jump, running[jump.name] == nil {
            record.forwardPort = try LoopbackPort.choose(
                wanted: forwardPort, last: record.forwardPort, tag: instance.paths.tag)
        }
        if endpoint == nil { record.apiPort = nil }
        if let endpoint, running[endpoint.name] == nil {
            let ssh = record.forwardPort
            record.apiPort = try LoopbackPort.choose(
                wanted: nil, last: record.apiPort ?? ssh.map { $0 + 1 }, tag: instance.paths.tag,
                isFree: { $0 != ssh && LoopbackPort.isFree($0) })
        }
        try record.save(instance.paths)
        try SSHConfiguration(instance, forwardPort: jump == nil ? nil : record.forwardPort).write(instance.paths)
        return record
    }

    /// Machines that run are plugged in again by themselves, within a second.
    private func startSwitch(_ instance: Instance, _ host: QemuHost, _ record: QemuRecord) throws(LaunchError) {
        let wanted = instance.plan.machines.map(\.name)
        let present = try processes.find(tag: instance.paths.tag).filter { $0.machine == nil }
        if present.count == 1, record.ports == wanted { return }
        // None, or one without a port for each machine that the bundle has now.
        try control(instance.paths).endSwitch()
        let gateway = instance.record.isSealedOff ? ["\(instance.paths.directory)/\(QemuNames.gateway)"] : []
        let sockets = wanted.map { "\(instance.paths.directory)/\(QemuNames.network($0))" } + gateway
        for socket in sockets { try Files.remove(socket) }
        let command = QemuSwitchCommand(
            names: QemuNames(tag: instance.paths.tag), machines: wanted, hasGateway: instance.record.isSealedOff,
            host: host)
        try launch(command.arguments, log: QemuNames.switchLog, instance)
        for attempt in 0..<200 {
            if sockets.allSatisfy(Files.exists) {
                var record = record
                record.ports = wanted
                return try record.save(instance.paths)
            }
            let isThere = try processes.find(tag: instance.paths.tag).contains { $0.machine == nil }
            guard isThere || attempt < Self.settling else { break }
            control(instance.paths).pause(milliseconds: 50)
        }
        throw .didNotStart(machine: "the switch", console: tail(QemuNames.switchLog, instance))
    }

    private func start(
        _ machine: LaunchDefinition, of instance: Instance, _ host: QemuHost, _ ports: QemuPorts
    ) throws(LaunchError) {
        let directory = instance.paths.directory
        // Of this boot alone: what it tells about is how far this boot has come.
        let (log, previous) = (QemuNames.consoleLog(machine.name), QemuNames.previousConsoleLog(machine.name))
        if Files.exists("\(directory)/\(log)") {
            try Files.rename("\(directory)/\(log)", to: "\(directory)/\(previous)")
        }
        let command = QemuMachineCommand(
            machine, of: instance.plan, boot: instance.record.boot(of: instance.plan),
            names: QemuNames(tag: instance.paths.tag), host: host, ports: ports)
        try launch(command.arguments, log: QemuNames.log(machine.name), instance)
    }

    private func launch(_ arguments: [String], log: String, _ instance: Instance) throws(LaunchError) {
        let path = "\(instance.paths.directory)/\(log)"
        try Files.remove(path)
        _ = try runner.start(
            ExternalCommand(arguments, directory: instance.paths.directory, output: .appended(path: path)))
    }

    /// Waits until every QEMU answers, and says what it said when one does not.
    private func confirm(_ machines: [LaunchDefinition], _ instance: Instance) throws(LaunchError) {
        var missing = machines.map(\.name)
        for attempt in 0..<300 {
            let found = try running(instance)
            missing.removeAll { found[$0].map { $0.state != .starting } ?? false }
            if missing.isEmpty { return }
            if attempt >= Self.settling, let ended = missing.first(where: { found[$0] == nil }) {
                throw .didNotStart(machine: ended, console: tail(QemuNames.log(ended), instance))
            }
            control(instance.paths).pause(milliseconds: 50)
        }
        if let first = missing.first {
            throw .didNotStart(machine: first, console: tail(QemuNames.log(first), instance))
        }
    }

    /// Looks of 50 ms each before a process that is not found counts as one that has ended: it has no arguments yet
    /// while it is being started.
    private static let settling = 20

    private func tail(_ log: String, _ instance: Instance) -> String {
        ConsoleLog.lastLines(5, of: "\(instance.paths.directory)/\(log)")
    }

    func control(_ paths: InstancePaths) -> QemuControl { QemuControl(paths: paths, processes: processes) }

    // MARK: Stop

    public func stop(
        _ machines: [LaunchDefinition], of instance: Instance, grace: Int
    ) throws(LaunchError) -> [String] {
        let control = control(instance.paths)
        let names = machines.map(\.name)
        let ended = try QemuStopLadder(grace: grace).stop(names, of: control)
        if try processes.find(tag: instance.paths.tag).allSatisfy({ $0.machine == nil }) { try control.endSwitch() }
        return names.filter { ended[$0] != nil }
    }

    private func end(_ machines: [String], _ control: QemuControl) throws(LaunchError) {
        _ = try QemuStopLadder(grace: 0).stop(machines, of: control)
    }

    // MARK: Look

    public func running(_ instance: Instance) throws(LaunchError) -> [String: RunningMachine] {
        let control = control(instance.paths)
        let known = Set(instance.plan.machines.map(\.name))
        var result: [String: RunningMachine] = [:]
        for process in try processes.find(tag: instance.paths.tag) {
            guard let machine = process.machine, known.contains(machine) else { continue }
            result[machine] = RunningMachine(name: machine, state: control.state(of: machine))
        }
        return result
    }

    public func faults(_ instance: Instance) throws(LaunchError) -> [String] {
        let found = try processes.find(tag: instance.paths.tag)
        if found.isEmpty || found.contains(where: { $0.machine == nil }) { return [] }
        return ["the switch does not run, so machines do not reach each other; 'slipway up' starts it"]
    }

    public func stage(of machine: String, _ instance: Instance) -> BootStage? {
        let log = "\(instance.paths.directory)/\(QemuNames.consoleLog(machine))"
        if let stage = consoles.stage(in: log) { return stage }
        // A console that says nothing after a minute says nothing at all: then the machine is asked.
        return Files.age(of: log).map { $0 < 60 } ?? true ? .booting : nil
    }

    // MARK: Reach

    public func log(
        of machine: String, running: RunningMachine?, _ request: LogRequest, _ instance: Instance
    ) throws(LaunchError) -> ExternalCommand {
        if request.console {
            let log = "\(instance.paths.directory)/\(QemuNames.consoleLog(machine))"
            return ExternalCommand(
                ["tail", "-n", request.lines.map { "\($0)" } ?? "+1"] + (request.follows ? ["-f"] : []) + [log])
        }
        guard let running, running.state == .running else {
            throw .unreadableLog(machine: machine, instance: instance.paths.name)
        }
        return execution(request.journal, in: running, of: instance, terminal: nil)
    }

    public func console(of machine: String, _ instance: Instance) -> ConsoleAccess {
        .socket(path: "\(instance.paths.directory)/\(QemuNames.console(machine))")
    }

    public func api(_ instance: Instance) throws(LaunchError) -> APIAccess {
        try QemuRecord.read(instance.paths).apiPort.map { .port($0) } ?? .none
    }

    // MARK: Destroy

    /// Everything is in the instance's directory.
    public func remove(_ machines: [LaunchDefinition], of instance: Instance) {}

    public func destroy(_ paths: InstancePaths) throws(LaunchError) {
        let machines = try processes.find(tag: paths.tag).compactMap(\.machine)
        // Their disks go as well: nothing has to be written back.
        let control = control(paths)
        try end(machines, control)
        try control.endSwitch()
    }
}

/// Files whose errors are those of launching.
typealias Files = HostSystem.Files<LaunchError>
