public import BundleFormat
import Foundation
import HostSystem
public import Launching

/// Machines in UTM on a Mac, on macOS's own shared network, in which the host is too.
public struct UTMProvider: SSHProvider {
    public let name = ProviderName.utm
    public let media: Media = .images
    let runner: any CommandRunner
    let host: Computer
    let findTool: @Sendable () throws(UTMError) -> UTMTool
    let consoles = ConsoleLog()
    let limits: UTMLimits
    let clone: UTMPackage.Clone
    let wait: @Sendable (_ milliseconds: Int) -> Void
    /// The program that has `collect-console`; nil for none, and no console is kept.
    let program: String?

    public init() {
        self.init(
            runner: ProcessRunner(), host: .current,
            limits: UTMLimits(environment: ProcessInfo.processInfo.environment),
            findTool: { () throws(UTMError) in try UTMTool.find() },
            wait: { Thread.sleep(forTimeInterval: Double($0) / 1000) }, program: Bundle.main.executablePath)
    }

    init(
        runner: any CommandRunner, host: Computer, limits: UTMLimits,
        findTool: @escaping @Sendable () throws(UTMError) -> UTMTool,
        clone: @escaping UTMPackage.Clone = { (source, target) throws(LaunchError) in
            try FileCopy.clone(source, to: target)
        }, wait: @escaping @Sendable (_ milliseconds: Int) -> Void, program: String? = nil
    ) {
        self.runner = runner
        self.host = host
        self.limits = limits
        self.findTool = findTool
        self.clone = clone
        self.wait = wait
        self.program = program
    }

    func control() throws(LaunchError) -> UTMControl {
        let tool = try LaunchError.from { () throws(UTMError) in try findTool() }
        return UTMControl(tool: tool, runner: runner, limits: limits, wait: wait)
    }

    // MARK: Look

    /// UTM's entry for a machine that this instance has registered; nil when there is none. A machine that only has the
    /// name is somebody else's, and so is one that only has the UUID: another instance of the same bundle may have made it.
    func entry(of machine: String, _ names: UTMNames, in list: [UTMEntry]) throws(LaunchError) -> UTMEntry? {
        guard let record = try UTMRecord.read(names.record(of: machine)) else { return nil }
        // A person may have given it another name; UTM writes that into its package.
        let own = [record.name] + (UTMPackage.savedName(in: names.package(of: machine)).map { [$0] } ?? [])
        let named = list.filter { entry in own.contains(where: entry.isNamed) }
        // A call that was killed after it had UTM open the package has not seen which UUID that got.
        return named.first { $0.uuid == record.uuid } ?? (record.isRegistered ? nil : named.first)
    }

    /// UTM's list, in which the machines of ours that it was seen to have are waited for.
    func list(_ machines: [String], _ names: UTMNames, _ control: UTMControl) throws(LaunchError) -> [UTMEntry] {
        var expected: Set<String> = []
        for machine in machines where names.hasPackage(machine) {
            guard let record = try UTMRecord.read(names.record(of: machine)), record.isRegistered else { continue }
            expected.insert(record.uuid)
        }
        return try control.list(expecting: expected)
    }

    /// Has UTM open the packages of machines again that it was told of and does not list: it may have no window yet, in which
    /// case they may run, or they were removed from its list.
    func reopen(
        _ machines: [String], _ names: UTMNames, _ list: [UTMEntry], _ control: UTMControl
    ) throws(LaunchError) -> [String: UTMEntry] {
        var lost: [(machine: String, package: (name: String, uuid: String?, path: String))] = []
        for machine in machines where names.hasPackage(machine) {
            guard let record = try UTMRecord.read(names.record(of: machine)),
                try entry(of: machine, names, in: list) == nil
            else { continue }
            let path = names.package(of: machine)
            let name = UTMPackage.savedName(in: path) ?? record.name
            lost.append((machine, (name, record.uuid, path)))
        }
        guard !lost.isEmpty else { return [:] }
        let found = try control.register(lost.map(\.package), besides: list)
        var entries: [String: UTMEntry] = [:]
        for (machine, package) in lost {
            guard let entry = found[package.name] else { continue }
            entries[machine] = entry
            let path = names.record(of: machine)
            try UTMRecord.read(path)?.registered(as: entry.uuid).save(to: path)
        }
        return entries
    }

    public func running(_ instance: Instance) throws(LaunchError) -> [String: RunningMachine] {
        let names = UTMNames(paths: instance.paths)
        // Asking UTM starts it: without machines of ours there is nothing to ask.
        let known = instance.plan.machines.map(\.name).filter { Files.exists(names.record(of: $0)) }
        guard !known.isEmpty else { return [:] }
        let list = try list(known, names, try control())
        var result: [String: RunningMachine] = [:]
        for machine in known {
            guard let entry = try entry(of: machine, names, in: list) else {
                let wasThere = try UTMRecord.read(names.record(of: machine))?.isRegistered == true
                if list.isEmpty, wasThere, names.hasPackage(machine) {
                    throw LaunchError(.listsNothing(name: names.name(of: machine)))
                }
                continue
            }
            let isSuspended = try suspended(machine, entry, names) != nil
            guard let state = isSuspended ? .paused : entry.state.running else { continue }
            result[machine] = RunningMachine(name: machine, state: state)
        }
        return result
    }

    // MARK: Suspended machines

    /// The state that UTM has put a machine into when it was quit: the memory, inside the disk. UTM lists such a machine as
    /// stopped, and its next start goes on where it was, with the seed that it had.
    func suspended(_ machine: String, _ entry: UTMEntry, _ names: UTMNames) throws(LaunchError) -> QcowSnapshot? {
        guard entry.state == .stopped, let image = try? QcowImage(path: names.disk(of: machine)),
            let state = image.snapshots.first(where: { $0.name == Self.suspendedState })
        else { return nil }
        // UTM removes what it brought back. What is still there was given up in UTM's window.
        return try UTMRecord.read(names.record(of: machine))?.resumed == state.identity ? nil : state
    }

    /// UTM's name for it: UTMQemuVirtualMachine.swift, kSuspendSnapshotName.
    private static let suspendedState = "suspend"

    public func resume(_ machines: [LaunchDefinition], of instance: Instance) throws(LaunchError) -> [String] {
        let names = UTMNames(paths: instance.paths)
        let known = machines.map(\.name).filter { Files.exists(names.record(of: $0)) }
        guard !known.isEmpty else { return [] }
        let control = try control()
        return try resume(known, names, try list(known, names, control), control)
    }

    /// - Returns: the machines that go on.
    @discardableResult
    func resume(
        _ machines: [String], _ names: UTMNames, _ list: [UTMEntry], _ control: UTMControl
    ) throws(LaunchError) -> [String] {
        var paused: [(machine: String, entry: UTMEntry, state: QcowSnapshot?)] = []
        for machine in machines {
            guard let entry = try entry(of: machine, names, in: list) else { continue }
            let state = try suspended(machine, entry, names)
            if state != nil || entry.state == .paused { paused.append((machine, entry, state)) }
        }
        guard !paused.isEmpty else { return [] }
        try control.start(paused.map(\.entry))
        for (machine, _, state) in paused {
            guard let state else { continue }
            try UTMRecord.read(names.record(of: machine))?.resumed(state.identity).save(to: names.record(of: machine))
        }
        return paused.map(\.machine)
    }

    public func examine(_ subject: Examination) -> [Finding] {
        UTMExaminer(
            subject: subject, control: { () throws(LaunchError) in try control() }, isNamed: UTMTool.isNamed,
            runner: runner
        ).findings
    }

    /// The host's own address in the machines' network, without which it reaches none of them. UTM has no other word on
    /// whether it has made the network as it was told.
    public func faults(_ instance: Instance) throws(LaunchError) -> [String] {
        let gateway = instance.plan.gateway
        guard try !running(instance).isEmpty else { return [] }
        if host.networks().contains(where: { $0.address == gateway }) { return [] }
        return [
            "no interface of this host has the machines' gateway \(gateway): UTM's shared network is another one. 'ifconfig bridge100' shows which; stop all machines in UTM, and start these first"
        ]
    }

    // MARK: Stop

    public func stop(
        _ machines: [LaunchDefinition], of instance: Instance, grace: Int
    ) throws(LaunchError) -> [String] {
        let names = UTMNames(paths: instance.paths)
        let known = machines.map(\.name).filter { Files.exists(names.record(of: $0)) }
        guard !known.isEmpty else { return [] }
        let control = try control()
        var stopped: Set<String> = []
        // A second time, for what UTM has suspended meanwhile because it was quit.
        for _ in 0..<2 {
            var list = try list(known, names, control)
            list += try reopen(known, names, list, control).values
            // A guest that stands still cannot power off, and what it has in its memory is not lost.
            let resumed = try resume(known, names, list, control)
            var stopping: [UTMEntry] = []
            for machine in known {
                guard let entry = try entry(of: machine, names, in: list) else { continue }
                guard entry.state != .stopped || resumed.contains(machine) else { continue }
                stopping.append(entry)
                stopped.insert(machine)
            }
            if stopping.isEmpty { break }
            try control.stop(stopping, grace: grace)
        }
        return machines.map(\.name).filter(stopped.contains)
    }

    public func remove(_ machines: [LaunchDefinition], of instance: Instance) throws(LaunchError) {
        try forget(machines.map(\.name), UTMNames(paths: instance.paths))
    }

    /// Deletes from UTM what the records in the instance's directory name, and nothing else.
    public func destroy(_ paths: InstancePaths) throws(LaunchError) {
        try forget(Files.names(in: paths.machines), UTMNames(paths: paths))
    }

    private func forget(_ machines: [String], _ names: UTMNames) throws(LaunchError) {
        let known = machines.filter { Files.exists(names.record(of: $0)) }
        guard !known.isEmpty else { return }
        let control = try control()
        var list = try list(known, names, control)
        // What runs unseen would run on with its files gone.
        list += try reopen(known, names, list, control).values
        var entries: [(machine: String, entry: UTMEntry)] = []
        for machine in known {
            if let entry = try entry(of: machine, names, in: list) { entries.append((machine, entry)) }
        }
        try control.stop(entries.map(\.entry).filter { $0.state != .stopped }, grace: 0)
        for (machine, entry) in entries { try control.delete(entry, package: names.package(of: machine)) }
        for machine in known { try Files.remove(names.record(of: machine)) }
    }
}

extension UTMProvider {
    /// Whether this is a Mac with UTM, or its program was named.
    public static var isInstalled: Bool { (try? UTMTool.find()) != nil }
}

/// Files whose errors are those of launching.
typealias Files = HostSystem.Files<LaunchError>
typealias FileCopy = HostSystem.FileCopy<LaunchError>
