public import BundleFormat
import Foundation
public import Launching

/// Machines in UTM on a Mac, on macOS's own shared network, in which the host is too.
public struct UTMProvider: SSHProvider {
    public let name = "utm"
    public let media: Media = .images
    let runner: any CommandRunner
    let host: Computer
    let findTool: @Sendable () throws(UTMError) -> UTMTool
    let limits: UTMLimits
    let clone: UTMPackage.Clone
    let wait: @Sendable (_ milliseconds: Int) -> Void

    public init() {
        self.init(
            runner: ProcessRunner(), host: .current, limits: UTMLimits(),
            findTool: { () throws(UTMError) in try UTMTool.find() },
            wait: { Thread.sleep(forTimeInterval: Double($0) / 1000) })
    }

    init(
        runner: any CommandRunner, host: Computer, limits: UTMLimits,
        findTool: @escaping @Sendable () throws(UTMError) -> UTMTool,
        clone: @escaping UTMPackage.Clone = { (source, target) throws(LaunchError) in
            try FileClone.clone(source, to: target)
        }, wait: @escaping @Sendable (_ milliseconds: Int) -> Void
    ) {
        self.runner = runner
        self.host = host
        self.limits = limits
        self.findTool = findTool
        self.clone = clone
        self.wait = wait
    }

    func control() throws(LaunchError) -> UTMControl {
        let tool = try LaunchError.from { () throws(UTMError) in try findTool() }
        return UTMControl(tool: tool, runner: runner, limits: limits, wait: wait)
    }

    // MARK: Look

    /// UTM's entry for a machine that this instance has registered; nil when there is none. A machine that only has the
    /// name is somebody else's.
    func entry(of machine: String, _ names: UTMNames, in list: [UTMEntry]) throws(LaunchError) -> UTMEntry? {
        guard let record = try UTMRecord.read(names.record(of: machine)) else { return nil }
        let named = list.filter { $0.isNamed(record.name) }
        // A call that was killed after it had UTM open the package has not seen which UUID that got.
        return named.first { $0.uuid == record.uuid } ?? (record.isRegistered ? nil : named.first)
    }

    public func running(_ instance: Instance) throws(LaunchError) -> [String: RunningMachine] {
        let names = UTMNames(paths: instance.paths)
        // Asking UTM starts it: without machines of ours there is nothing to ask.
        let known = instance.plan.machines.filter { Files.exists(names.record(of: $0.name)) }
        guard !known.isEmpty else { return [:] }
        let list = try control().list()
        var result: [String: RunningMachine] = [:]
        for machine in known {
            guard let state = try entry(of: machine.name, names, in: list)?.state.running else { continue }
            result[machine.name] = RunningMachine(name: machine.name, state: state)
        }
        return result
    }

    public func examine(_ subject: Examination) -> [Finding] {
        UTMExaminer(subject: subject, control: { () throws(LaunchError) in try control() }).findings
    }

    /// The host's own address in the machines' network, without which it reaches none of them. UTM has no other word on
    /// whether it has made the network as it was told.
    public func faults(_ instance: Instance) throws(LaunchError) -> [String] {
        guard try !running(instance).isEmpty, let gateway = UTMSubnet.number(instance.plan.gateway) else { return [] }
        if host.networks().contains(where: { $0.address == gateway }) { return [] }
        return [
            "no interface of this host has the machines' gateway \(instance.plan.gateway): UTM's shared network is another one. 'ifconfig bridge100' shows which; stop all machines in UTM, and start these first"
        ]
    }

    // MARK: Stop

    public func stop(
        _ machines: [LaunchDefinition], of instance: Instance, grace: Int
    ) throws(LaunchError) -> [String] {
        let names = UTMNames(paths: instance.paths)
        let known = machines.filter { Files.exists(names.record(of: $0.name)) }
        guard !known.isEmpty else { return [] }
        let control = try control()
        let list = try control.list()
        var stopping: [(name: String, entry: UTMEntry)] = []
        for machine in known {
            guard let entry = try entry(of: machine.name, names, in: list), entry.state != .stopped else { continue }
            stopping.append((machine.name, entry))
        }
        try control.stop(stopping.map(\.entry), grace: grace)
        return stopping.map(\.name)
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
        let list = try control.list()
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
