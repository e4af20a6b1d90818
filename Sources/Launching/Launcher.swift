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

    /// Brings the bundle's machines up: makes what is missing, replaces what another bundle brought, starts what does not run.
    ///
    /// - Parameter names: the machines to start; all when none is named.
    /// - Throws: ``LaunchError``, and what reading the bundle and the supplies throws.
    public func up(
        _ bundle: Bundle, machines names: [String] = [], supplies: some Supplies
    ) throws -> UpSummary {
        let plan = bundle.launchPlan
        // Everything that can be refused is, before there is so much as a directory.
        try refuse(bundle, plan, names, supplies)
        let lock = try InstanceLock.take(paths)
        defer { withExtendedLifetime(lock) {} }
        let present = try Instance.find(paths)
        if let present { try check(present, against: plan) }
        let wasComplete = present?.record.isComplete == true
        let isSame = wasComplete && present?.record.bundleDigest == bundle.bundleDigest
        var instance = Instance(
            paths: paths,
            record: InstanceRecord(
                cluster: plan.cluster, provider: provider.name, bundleDigest: bundle.bundleDigest,
                baseTree: try baseTree(supplies, present), isComplete: isSame,
                absentPayloads: present?.record.absentPayloads ?? [:], untold: present?.record.untold ?? [],
                bootFiles: present?.record.bootFiles ?? [:]),
            plan: plan)
        let filler = InstanceFiller(paths: paths, plan: plan, media: provider.media)
        var changed: Set<String> = []
        if !isSame {
            // While there is still a record of them.
            try present?.with(isComplete: false).save()
            try removeMachines(of: present, notIn: plan)
            try instance.save()
            changed = try filler.fill(from: bundle)
        }
        if needsBootFiles(instance, isSame: isSame, supplies) {
            instance = instance.with(bootFiles: try filler.placeBootFiles(from: supplies))
        }
        let isDepotNew = try filler.fillDepot(from: supplies)
        instance = instance.with(
            isComplete: true, absentPayloads: try AbsentPayloads.find(in: paths, machines: plan.machines))
        // What runs is told of its new seed; what starts finds it by itself.
        // What is paused goes on first, to be told like the others.
        let resumed = try provider.resume(try instance.machines(names), of: instance)
        let running = try provider.running(instance)
        // An earlier call that was killed may have changed seeds of which nobody was told.
        let isSure = provider.media == .images && (wasComplete || present == nil)
        let concerned = (isSure || isSame ? changed : Set(running.keys)).union(instance.record.untold)
        let untold = try tell(running.values.filter { concerned.contains($0.name) }, instance)
        instance = instance.with(untold: untold)
        // Before they start: all that they need is there, and what keeps one from starting is no fault of it.
        try instance.save()
        let started = try provider.start(try instance.machines(names), of: instance)
        let isUpdated = present.map { $0.record.bundleDigest != bundle.bundleDigest } ?? false
        return UpSummary(
            instance: instance, started: resumed + started.filter { !resumed.contains($0) }, isUpdated: isUpdated,
            needRestart: isDepotNew ? running.keys.sorted() : untold)
    }

    /// Starts machines of an instance that is there.
    public func start(_ names: [String]) throws(LaunchError) -> [String] {
        let present = try Instance.open(paths)
        let lock = try InstanceLock.take(paths)
        defer { withExtendedLifetime(lock) {} }
        guard present.record.isComplete else {
            throw .damaged(path: paths.record, reason: "an earlier 'up' did not finish; call it again with the bundle")
        }
        try refuseUnfinishedRestore()
        let machines = try present.machines(names)
        try examine(present.plan, machines, present)
        let resumed = try provider.resume(machines, of: present)
        let started = try provider.start(machines, of: present)
        // They have found their new seed by themselves.
        let untold = present.record.untold.filter { !started.contains($0) }
        if untold != present.record.untold { try present.with(untold: untold).save() }
        return machines.map(\.name).filter { resumed.contains($0) || started.contains($0) }
    }

    /// Stops machines; their disks stay.
    public func stop(_ names: [String], grace: Int) throws(LaunchError) -> [String] {
        let present = try Instance.open(paths)
        let lock = try InstanceLock.take(paths)
        defer { withExtendedLifetime(lock) {} }
        return try provider.stop(try present.machines(names), of: present, grace: grace)
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
        try Files.remove(paths.directory)
        return true
    }

    // MARK: Parts of up

    private func refuse(
        _ bundle: Bundle, _ plan: LaunchPlan, _ names: [String], _ supplies: some Supplies
    ) throws {
        guard bundle.secretManifest != nil else { throw LaunchError.noSecretPart(bundle: bundle.file) }
        let present = try Instance.find(paths)
        if let present { try check(present, against: plan) }
        try refuseUnfinishedRestore()
        try examine(plan, plan.select(names, instance: paths.name), present)
        _ = try baseTree(supplies, present)
        let isSame = present?.record.isComplete == true && present?.record.bundleDigest == bundle.bundleDigest
        if present.map({ needsBootFiles($0, isSame: isSame, supplies) }) ?? true, provider.media == .images {
            for payload in plan.bootPayloads { _ = try supplies.bootFile(payload) }
        }
    }

    private func needsBootFiles(_ instance: Instance, isSame: Bool, _ supplies: some Supplies) -> Bool {
        let isThere = instance.plan.bootPayloads.allSatisfy { instance.record.bootFiles[$0] != nil }
        return !isSame || !isThere || supplies.replacesBootFiles
    }

    private func check(_ present: Instance, against plan: LaunchPlan) throws(LaunchError) {
        guard present.record.provider == provider.name else {
            throw .anotherProvider(instance: paths.name, provider: present.record.provider, asked: provider.name)
        }
        guard present.record.cluster == plan.cluster else {
            throw .anotherCluster(instance: paths.name, cluster: present.record.cluster, asked: plan.cluster)
        }
    }

    private func baseTree(_ supplies: some Supplies, _ present: Instance?) throws(LaunchError) -> String? {
        guard provider.media == .directories else { return nil }
        guard let tree = supplies.baseTree ?? present?.record.baseTree, Files.exists("\(tree)/usr/lib/systemd") else {
            throw .noBaseTree(path: supplies.baseTree ?? "(none named)")
        }
        return tree
    }

    /// Refuses what cannot work here before anything is made.
    private func examine(
        _ plan: LaunchPlan, _ machines: [LaunchDefinition], _ present: Instance?
    ) throws(LaunchError) {
        let running = try present.map { (present) throws(LaunchError) in try provider.running(present) } ?? [:]
        let stopped = machines.filter { running[$0.name] == nil }
        let findings = provider.examine(Examination(plan: plan, paths: paths, machines: stopped, host: host))
        let failures = findings.filter { $0.level == .failure }
        if !failures.isEmpty { throw .unfit(failures) }
    }

    private func removeMachines(of present: Instance?, notIn plan: LaunchPlan) throws(LaunchError) {
        guard let present else { return }
        let kept = Set(plan.machines.map(\.name))
        let gone = present.plan.machines.filter { !kept.contains($0.name) }
        _ = try provider.stop(gone, of: present, grace: 20)
        try provider.remove(gone, of: present)
        for machine in gone { try Files.remove(paths.machine(machine.name)) }
    }

    /// Gives machines that run their new seed and has them apply it, without waiting. One that is still booting has no such
    /// unit yet; where it reads its seed from a directory it will see the new one.
    ///
    /// - Returns: the machines that could not be told.
    private func tell(
        _ machines: [RunningMachine], _ instance: Instance
    ) throws(LaunchError) -> [String] {
        var untold: [String] = []
        for machine in machines.sorted(by: { $0.name < $1.name }) {
            let command = SeedDelivery(instance: instance, provider: provider).command(for: machine)
            let result = try runner.run(command.limited(to: 60))
            if result.status != 0, provider.media == .images { untold.append(machine.name) }
        }
        return untold
    }
}
