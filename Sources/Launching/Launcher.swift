import BundleFormat
import HostSystem
public import Unbundling

/// The verbs that change an instance. Each takes the instance's lock, and each can be killed and called again.
public struct Launcher: Sendable {
    public let paths: InstancePaths
    let provider: any Provider
    let runner: any CommandRunner
    let host: Computer

    public init(
        _ paths: InstancePaths, _ provider: any Provider, runner: any CommandRunner = ProcessRunner(),
        host: Computer = .current
    ) {
        self.paths = paths
        self.provider = provider
        self.runner = runner
        self.host = host
    }

    /// What ``up(_:machines:supplies:)`` would do, in order. Nothing is changed.
    ///
    /// - Throws: ``LaunchError`` for whatever can be refused, and what reading the bundle throws.
    public func plan(
        _ bundle: Bundle, machines names: [String] = [], sealsOff: Bool = false, supplies: some Supplies
    ) throws -> [UpStep] {
        let goal = try UpGoal(bundle, supplies.offer, machines: names, sealsOff: sealsOff, provider)
        return try goal.steps(from: UpState.look(paths, for: goal, provider, host))
    }

    /// Brings the bundle's machines up: makes what is missing, replaces what another bundle brought, starts what does not run.
    ///
    /// - Parameters:
    ///   - names: the machines to start; all when none is named.
    ///   - sealsOff: whether a new instance's machines are counted when they try to send outside. What is sealed off stays so.
    /// - Throws: ``LaunchError``, and what reading the bundle and the supplies throws.
    public func up(
        _ bundle: Bundle, machines names: [String] = [], sealsOff: Bool = false, supplies: some Supplies
    ) throws -> UpSummary {
        let goal = try UpGoal(bundle, supplies.offer, machines: names, sealsOff: sealsOff, provider)
        // Everything that can be refused is, before there is so much as a directory.
        _ = try goal.steps(from: UpState.look(paths, for: goal, provider, host))
        let lock = try InstanceLock.take(paths)
        defer { withExtendedLifetime(lock) {} }
        let state = try UpState.look(paths, for: goal, provider, host)
        var execution = UpExecution(
            goal, from: state, bundle: bundle, supplies: supplies, provider: provider, runner: runner)
        try execution.perform(try goal.steps(from: state))
        guard let instance = execution.state.present else {
            throw LaunchError.noInstance(name: paths.name, root: paths.root)
        }
        // Also when there was nothing to start.
        if instance.record.isSealedOff { try provider.sealOff(instance) }
        return UpSummary(
            instance: instance, started: execution.started,
            isUpdated: state.present.map { $0.record.bundleDigest != goal.bundleDigest } ?? false,
            untold: execution.state.untold, needRestart: execution.state.outdated)
    }

    /// Starts machines of an instance that is there.
    public func start(_ names: [String]) throws(LaunchError) -> [String] {
        let (present, lock) = try openLocked()
        defer { withExtendedLifetime(lock) {} }
        guard present.record.isComplete else {
            throw .damaged(path: paths.record, reason: "an earlier 'up' did not finish; call it again with the bundle")
        }
        try refuseUnfinishedRestore()
        let machines = try present.machines(names)
        let running = try provider.running(present)
        let stopped = machines.filter { running[$0.name] == nil }
        let findings = provider.examine(
            Examination(
                plan: present.plan, paths: paths, machines: stopped,
                running: present.plan.machines.filter { running[$0.name] != nil }, host: host))
        let failures = findings.filter { $0.level == .failure }
        guard failures.isEmpty else { throw .unfit(failures) }
        let resumed = try provider.resume(machines, of: present)
        let started = try start(machines, of: present)
        return machines.map(\.name).filter { resumed.contains($0) || started.contains($0) }
    }

    /// Starts those that do not run, with it on record what they start with.
    func start(_ machines: [LaunchDefinition], of present: Instance) throws(LaunchError) -> [String] {
        let running = try provider.running(present)
        let stopped = machines.map(\.name).filter { running[$0].map { $0.state == .crashed } ?? true }
        let instance = present.starting(stopped, depot: try UpState.depot(paths, provider.media), provider.media)
        if instance != present { try instance.save() }
        return try provider.start(machines, of: instance)
    }

    /// Stops machines, in an order in which they can end; their disks stay.
    ///
    /// - Parameter grace: the seconds that each group of machines has, until it is ended by force.
    public func stop(_ names: [String], grace: Int) throws(LaunchError) -> [String] {
        let (present, lock) = try openLocked()
        defer { withExtendedLifetime(lock) {} }
        return try stop(try present.machines(names), of: present, grace: grace)
    }

    /// Removes the instance. False when there was none; what a removed directory left running is ended all the same.
    public func destroy() throws(LaunchError) -> Bool {
        guard Files.exists(paths.directory) else {
            try provider.destroy(paths)
            return false
        }
        let lock = try InstanceLock.take(paths)
        defer { withExtendedLifetime(lock) {} }
        try provider.destroy(paths)
        try AttemptRecorder.end(paths)
        try Files.remove(paths.directory)
        return true
    }
}

/// What `up` did.
public struct UpSummary: Sendable {
    public let instance: Instance
    /// The machines that did not run before.
    public let started: [String]
    /// Whether machines that were there got another bundle.
    public let isUpdated: Bool
    /// Machines that could not be given their new seed, and run on with an older one.
    public let untold: [String]
    /// These, and machines that run with an older depot than the one that is in place: until they are restarted.
    public let needRestart: [String]

    public init(
        instance: Instance, started: [String], isUpdated: Bool = false, untold: [String] = [],
        needRestart: [String] = []
    ) {
        self.instance = instance
        self.started = started
        self.isUpdated = isUpdated
        self.untold = untold
        self.needRestart = needRestart
    }
}
