import BundleFormat
public import Unbundling

/// The verbs that change an instance. Each takes the instance's lock, and each can be killed and called again.
public struct Launcher: Sendable {
    public let paths: InstancePaths
    let provider: any Provider
    let runner: any CommandRunner

    public init(_ paths: InstancePaths, _ provider: any Provider, runner: any CommandRunner = ProcessRunner()) {
        self.paths = paths
        self.provider = provider
        self.runner = runner
    }

    /// Brings the bundle's machines up: makes what is missing, replaces what another bundle brought, starts what does not run.
    ///
    /// - Parameters:
    ///   - names: the machines to start; all when none is named.
    ///   - baseTree: absolute; nil for the one that the instance has.
    ///   - fillDepot: makes the directory that it is given hold the depot.
    /// - Throws: ``LaunchError``, and what reading the bundle throws.
    public func up(
        _ bundle: borrowing Bundle, machines names: [String] = [], baseTree: String?,
        fillDepot: (_ directory: String) throws -> Void
    ) throws -> UpSummary {
        let plan = try bundle.launchPlan()
        try provider.check(plan)
        let lock = try InstanceLock.take(paths)
        defer { withExtendedLifetime(lock) {} }
        let present = try Instance.find(paths)
        if let present { try check(present, against: plan) }
        guard let tree = baseTree ?? present?.record.baseTree, Files.exists("\(tree)/usr/lib/systemd") else {
            throw LaunchError.noBaseTree(path: baseTree ?? "(none named)")
        }
        let isSame = present?.record.isComplete == true && present?.record.bundleDigest == bundle.bundleDigest
        let record = InstanceRecord(
            cluster: plan.cluster, provider: provider.name, bundleDigest: bundle.bundleDigest, baseTree: tree,
            isComplete: isSame, absentPayloads: present?.record.absentPayloads ?? [:])
        let begun = Instance(paths: paths, record: record, plan: plan)
        if !isSame {
            try begun.save()
            try removeMachines(of: present, notIn: plan)
            try fill(from: bundle, plan)
        }
        try fillDepot(paths.depot)
        let instance = begun.finished(absentPayloads: try AbsentPayloads.find(in: paths, machines: plan.machines))
        // What runs is told of its new seed; what starts finds it by itself.
        if !isSame { try reapply(instance) }
        let started = try provider.start(try instance.machines(names), of: instance)
        try instance.save()
        return UpSummary(instance: instance, started: started, isUpdated: present != nil && !isSame)
    }

    /// Starts machines of an instance that is there.
    public func start(_ names: [String]) throws(LaunchError) -> [String] {
        let present = try Instance.open(paths)
        let lock = try InstanceLock.take(paths)
        defer { withExtendedLifetime(lock) {} }
        guard present.record.isComplete else {
            throw .damaged(path: paths.record, reason: "an earlier 'up' did not finish; call it again with the bundle")
        }
        try provider.check(present.plan)
        return try provider.start(try present.machines(names), of: present)
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

    private func check(_ present: Instance, against plan: LaunchPlan) throws(LaunchError) {
        guard present.record.provider == provider.name else {
            throw .anotherProvider(instance: paths.name, provider: present.record.provider, asked: provider.name)
        }
        guard present.record.cluster == plan.cluster else {
            throw .anotherCluster(instance: paths.name, cluster: present.record.cluster, asked: plan.cluster)
        }
    }

    private func removeMachines(of present: Instance?, notIn plan: LaunchPlan) throws(LaunchError) {
        guard let present else { return }
        let kept = Set(plan.machines.map(\.name))
        let gone = present.plan.machines.filter { !kept.contains($0.name) }
        _ = try provider.stop(gone, of: present, grace: 20)
        for machine in gone { try Files.remove(paths.machine(machine.name)) }
    }

    private func fill(from bundle: borrowing Bundle, _ plan: LaunchPlan) throws {
        guard let files = try bundle.operatorFiles() else { throw LaunchError.noSecretPart(bundle: bundle.file) }
        try Files.makeDirectory(paths.operatorFiles, mode: 0o700)
        for file in files {
            try Files.write(file.bytes, to: "\(paths.operatorFiles)/\(file.path)", mode: file.permissions.bits)
        }
        for machine in plan.machines {
            guard let image = try bundle.seedImage(of: machine.name) else {
                throw LaunchError.noSecretPart(bundle: bundle.file)
            }
            try Files.makeDirectory(paths.machine(machine.name))
            try SeedDirectory.fill(
                paths.seed(of: machine.name), from: image, subject: "\(bundle.file): the seed of \(machine.name)")
        }
    }

    /// Not waiting. A machine that is still booting has no such unit yet and will see the new seed.
    private func reapply(_ instance: Instance) throws(LaunchError) {
        for (_, machine) in try provider.running(instance).sorted(by: { $0.key < $1.key }) where machine.leader != nil {
            let restart = ["systemctl", "restart", "--no-block", "slipway-apply.service"]
            _ = try runner.run(provider.execution(restart, in: machine, terminal: nil))
        }
    }
}
