public import BundleFormat
public import HostSystem
public import Launching
import Values

/// Machines as systemd-nspawn containers: Linux, root, the host's own kernel.
public struct NspawnProvider: Provider {
    public let name = ProviderName.nspawn
    let runner: any CommandRunner
    let processes: any ProcessTable
    let cgroups: CgroupTree

    public init() { self.init(runner: ProcessRunner(), processes: LinuxProcessTable(), cgroups: CgroupTree()) }

    init(runner: any CommandRunner, processes: any ProcessTable, cgroups: CgroupTree) {
        self.runner = runner
        self.processes = processes
        self.cgroups = cgroups
    }

    public let media = Media.directories

    public func examine(_ subject: Examination) -> [Finding] { NspawnExaminer(subject: subject).findings }

    // MARK: Start

    public func start(_ machines: [LaunchDefinition], of instance: Instance) throws(LaunchError) -> [String] {
        let names = NspawnNames(paths: instance.paths)
        let network = NspawnNetwork(names: names, plan: instance.plan)
        try SSHConfiguration(instance).write(instance.paths)
        try thaw(instance)
        let running = try running(instance)
        if instance.record.isSealedOff, !running.isEmpty { try sealOff(instance) }
        let stopped = machines.filter { running[$0.name] == nil }
        guard !stopped.isEmpty else { return [] }
        guard let base = instance.record.baseTree, Files.exists("\(base)/usr/lib/systemd") else {
            throw instance.record.baseTree.map { .noBaseTree(path: $0) } ?? .noBaseTreeNamed
        }
        for path in [base, instance.paths.directory] where path.contains(where: { ",:\\ \n".contains($0) }) {
            throw .unusablePath(path)
        }
        try makeBridge(network, isUsed: !running.isEmpty)
        // Before a machine has a cable.
        if instance.record.isSealedOff { try sealOff(instance) }
        let ports = try runner.require(network.ports)
        for machine in stopped { try start(machine, network, ports: ports, base, instance) }
        try confirm(stopped, instance)
        return stopped.map(\.name)
    }

    public var obstacleToSealing: String? { nil }

    public func sealOff(_ instance: Instance) throws(LaunchError) {
        let ways = try waysOut(instance)
        guard ways.isEmpty else { throw .cannotSealOff(ways.joined(separator: "; ")) }
        let names = NspawnNames(paths: instance.paths)
        try AttemptRecorder.begin(
            instance.paths,
            ["nsenter", "--net=\(names.networkPath)", "--"] + AttemptRecorder.command(instance.paths, name),
            runner: runner)
    }

    public func waysOut(_ instance: Instance) throws(LaunchError) -> [String] {
        let network = NspawnNetwork(names: NspawnNames(paths: instance.paths), plan: instance.plan)
        // Until the first start, and after a restart of this host, there is none.
        guard processes.network(at: network.names.networkPath) != nil else { return [] }
        var ways = NspawnNetwork.strangers(in: try runner.require(network.links)).map {
            "the machines' network has the interface \($0), which leads elsewhere"
        }
        for command in network.routes where try !runner.require(command).isEmpty {
            ways.append("the machines' network has a route to the outside")
        }
        return ways
    }

    /// A namespace that is not finished is made anew: only a run that was killed leaves one, and no machine is in it
    /// yet.
    private func makeBridge(_ network: NspawnNetwork, isUsed: Bool) throws(LaunchError) {
        let namespace = network.names.network
        if processes.network(at: network.names.networkPath) != nil {
            let state = try runner.run(network.bridgeState)
            if isUsed || (state.status == 0 && state.output.contains(NspawnNames.bridge)) { return }
            try runner.require(network.delete(namespace))
        }
        try runner.require(network.add(namespace))
        try runner.require(network.bridge)
    }

    private func start(
        _ machine: LaunchDefinition, _ network: NspawnNetwork, ports: String, _ base: String, _ instance: Instance
    ) throws(LaunchError) {
        let (names, name) = (network.names, machine.name)
        for directory in [names.upper(name), names.work(name), names.mountPoint(name)] {
            // 0755, since the upper layer's own mode is that of the machine's root directory.
            try Files.makeDirectory(directory)
        }
        for directory in DataDirectory.of(machine.role) {
            try Files.makeDirectory(names.data(directory, of: name), mode: 0o700)
        }
        // Whatever an earlier run or life of the machine has left of its network goes first: what is begun is not
        // mended.
        if processes.network(at: names.networkPath(of: name)) != nil {
            try runner.require(network.delete(names.network(of: name)))
        }
        if ports.contains(names.port(mac: machine.mac)) { _ = try runner.run(network.unplug(machine)) }
        try runner.require(network.add(names.network(of: name)))
        try runner.require(network.cable(machine))
        try runner.require(network.address(machine))
        try cgroups.make(names.cgroup(of: name))
        let boot = NspawnMachine(
            definition: machine, names: names, baseTree: base,
            cgroupProcesses: cgroups.processes(names.cgroup(of: name)),
            movesAddress: machine.role == .loadBalancer && instance.plan.movesAPIAddress)
        try runner.require(boot.command)
    }

    /// Waits until every machine has its first process, and says what the console says when one does not get it.
    private func confirm(_ machines: [LaunchDefinition], _ instance: Instance) throws(LaunchError) {
        let names = NspawnNames(paths: instance.paths)
        var missing = machines.map(\.name)
        for attempt in 0..<400 {
            let running = try running(instance)
            missing.removeAll { running[$0]?.state == .running }
            if missing.isEmpty { return }
            // After a second a machine without any process has ended already.
            if attempt > 20, missing.contains(where: { running[$0] == nil }) { break }
            processes.pause(milliseconds: 50)
        }
        guard let first = missing.first else { return }
        throw .didNotStart(machine: first, console: ConsoleLog.lastLines(5, of: names.console(first)))
    }

    // MARK: Stop

    public func stop(
        _ machines: [LaunchDefinition], of instance: Instance, grace: Int
    ) throws(LaunchError) -> [String] {
        let names = NspawnNames(paths: instance.paths)
        let wanted = machines.map(\.name)
        try thaw(instance)
        let stopping = processesByMachine(names, wanted)
        for entries in stopping.values {
            // systemd-nspawn passes it on as the signal that makes the machine power off.
            let supervisors = entries.filter { $0.name == Self.supervisor }
            for entry in supervisors { processes.signal(.terminate, to: entry.id) }
        }
        for _ in 0..<(grace * 20) {
            if processesByMachine(names, wanted).isEmpty { break }
            processes.pause(milliseconds: 50)
        }
        try end(stopping.keys.sorted(), names)
        return wanted.filter { stopping[$0] != nil }
    }

    /// Kills what is left of machines, and removes their networks and cgroups.
    private func end(_ machines: [String], _ names: NspawnNames) throws(LaunchError) {
        var left: [String: [ProcessEntry]] = [:]
        for _ in 0..<500 {
            left = processesByMachine(names, machines)
            if left.isEmpty { break }
            // Again and again: a process may have made another one since we looked.
            for entry in left.values.joined() { processes.signal(.kill, to: entry.id) }
            processes.pause(milliseconds: 20)
        }
        if let (machine, entries) = left.min(by: { $0.key < $1.key }) {
            throw .didNotStop(machine: machine, processes: entries.count)
        }
        for machine in machines {
            if processes.network(at: names.networkPath(of: machine)) != nil {
                try runner.require(ExternalCommand(["ip", "netns", "delete", names.network(of: machine)]))
            }
            try removeCgroup(names.cgroup(of: machine))
        }
    }

    /// The kernel takes a moment to forget the last process of a group.
    private func removeCgroup(_ group: String) throws(LaunchError) {
        for _ in 0..<100 {
            cgroups.remove(group)
            if !cgroups.exists(group) { return }
            processes.pause(milliseconds: 20)
        }
        throw .system(call: "remove the cgroup", path: group, reason: "it still has processes")
    }

    // MARK: Stand still

    public var obstacleToFreezing: String? { nil }

    public func setFrozen(
        _ isFrozen: Bool, _ machines: [LaunchDefinition], of instance: Instance
    ) throws(LaunchError) {
        let names = NspawnNames(paths: instance.paths)
        for machine in machines { try cgroups.freeze(names.cgroup(of: machine.name), isFrozen) }
    }

    // MARK: Look

    private static let supervisor = "systemd-nspawn"

    private func processesByMachine(_ names: NspawnNames, _ machines: [String]) -> [String: [ProcessEntry]] {
        let all = processes.processesByNetwork()
        var result: [String: [ProcessEntry]] = [:]
        for machine in machines {
            guard let network = processes.network(at: names.networkPath(of: machine)) else { continue }
            result[machine] = all[network]
        }
        return result
    }

    public func running(_ instance: Instance) throws(LaunchError) -> [String: RunningMachine] {
        let found = processesByMachine(NspawnNames(paths: instance.paths), instance.plan.machines.map(\.name))
        var result: [String: RunningMachine] = [:]
        for (name, entries) in found {
            let supervisors = Set(entries.filter { $0.name == Self.supervisor }.map(\.id))
            // Processes that people left there with ssh or exec do not make a machine.
            guard entries.contains(where: { supervisors.contains($0.id) || Self.launching.contains($0.name) }) else {
                continue
            }
            let leader = entries.first {
                supervisors.contains($0.parent) && !supervisors.contains($0.id) && $0.name == "systemd"
            }
            let isPaused = cgroups.isFrozen(NspawnNames(paths: instance.paths).cgroup(of: name))
            result[name] = RunningMachine(
                name: name, state: isPaused ? .paused : leader == nil ? .starting : .running, leader: leader?.id)
        }
        return result
    }

    /// What the machine's first process is called before it becomes systemd-nspawn.
    private static let launching: Set<String> = ["nsenter", "unshare", "sh", "setsid"]

    // MARK: Reach

    public func execution(
        _ arguments: [String], in machine: RunningMachine, of instance: Instance, terminal: String?
    ) -> ExternalCommand {
        let target = ["--target", "\(machine.leader ?? 0)"]
        let spaces = ["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root", "--wd"]
        // Nothing of the host's environment is of use in there.
        let environment = [
            "env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root",
            "LANG=C.UTF-8",
        ]
        return ExternalCommand(
            ["nsenter"] + target + spaces + ["--"] + environment + (terminal.map { ["TERM=\($0)"] } ?? []) + arguments)
    }

    public func login(_ machine: String, _ arguments: [String], _ instance: Instance) -> ExternalCommand {
        let network = ["nsenter", "--net=\(NspawnNames(paths: instance.paths).networkPath)", "--"]
        return SSHCommands.login(machine, arguments, instance.paths, through: network)
    }

    public func api(_ instance: Instance) -> APIAccess {
        .network(["nsenter", "--net=\(NspawnNames(paths: instance.paths).networkPath)", "--"])
    }

    public func log(
        of machine: String, running: RunningMachine?, _ request: LogRequest, _ instance: Instance
    ) -> ExternalCommand {
        let names = NspawnNames(paths: instance.paths)
        if request.console {
            let count = request.lines.map { "--lines=\($0)" } ?? "--lines=+1"
            return ExternalCommand(["tail", count] + (request.follows ? ["-f"] : []) + [names.console(machine)])
        }
        guard let running, running.state == .running else {
            return ExternalCommand(
                ["journalctl", "--no-pager", "--directory=\(names.upper(machine))/var/log/journal"]
                    + request.selection)
        }
        return execution(request.journal, in: running, of: instance, terminal: nil)
    }

    /// What systemd-nspawn lets a machine write; nothing reads what is typed.
    public func console(of machine: String, _ instance: Instance) -> ConsoleAccess {
        .output(ExternalCommand(["tail", "-n", "+1", "-f", NspawnNames(paths: instance.paths).console(machine)]))
    }

    /// The network ends only with the instance.
    public func faults(_ instance: Instance) -> [String] { [] }

    /// Asking a container costs little.
    public func stage(of machine: String, _ instance: Instance) -> BootStage? { nil }

    public func remove(_ machines: [LaunchDefinition], of instance: Instance) {}

    // MARK: Destroy

    public func destroy(_ paths: InstancePaths) throws(LaunchError) {
        let names = NspawnNames(paths: paths)
        let namespaces = Files.names(in: NspawnNames.namespaces).filter(names.owns)
        let prefix = names.network + "-"
        try end(namespaces.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }, names)
        // Whoever is in the lab's own namespace, such as an ssh of `slipway ssh`, is cut off, not killed.
        if namespaces.contains(names.network) {
            try runner.require(ExternalCommand(["ip", "netns", "delete", names.network]))
        }
        try removeCgroup(names.cgroup)
    }
}

/// Files whose errors are those of launching.
typealias Files = HostSystem.Files<LaunchError>
