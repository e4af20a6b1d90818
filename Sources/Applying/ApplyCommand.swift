import BundleFormat
import Values

/// `slipway-apply apply`.
struct ApplyCommand {
    let session: Session
    private var store: StateStore { session.store }
    private var services: any SystemServices { session.services }
    private var report: (Event) -> Void { session.report }

    init(_ session: Session) { self.session = session }

    func run() throws(ApplyError) -> ApplySummary {
        let seed = try session.seed()
        let depot = try session.depot()
        try checkArchitecture(seed.manifest)
        try seed.verify()
        let (lock, _) = try session.begin()
        defer { withExtendedLifetime(lock) {} }
        try checkIdentity(seed)
        let current = try store.current()
        let previous = try session.record(of: current)
        let installed = try store.installed()
        let desired = try DesiredState(seed, depot: depot, previous: previous?.entries ?? [], installed: installed)
        var planner = ChangePlanner(
            root: session.root, ownership: try ownership(seed.manifest, desired), previous: previous?.entries ?? [],
            number: current.last + 1, isForced: session.options.isForced, cache: store.digests())
        var plan = try planner.plan(desired)
        try verify(depot, plan, desired)

        var causes = plan.causes
        if try prepareSystem(seed.manifest, desired, causes) {
            planner = ChangePlanner(
                root: session.root, ownership: try Ownership(session.root), previous: previous?.entries ?? [],
                number: current.last + 1, isForced: session.options.isForced, cache: planner.cache)
            plan = try planner.plan(desired)
        }
        causes = plan.causes.union(services.isOffline ? [] : desired.packages.map(\.name))
        let pending = try store.pending().union(UnitRules.pending(seed.manifest.units, causes: causes))
        if try store.identity() != seed.identity { try store.write("identity.json", seed.identity.json) }
        let generation = try commit(plan, seed, previous, current, pending)
        return try finish(
            Result(plan: plan, desired: desired, depot: depot, generation: generation, pending: pending),
            seed.manifest, planner.cache)
    }

    // MARK: Before anything is changed

    private func checkArchitecture(_ manifest: MachineManifest) throws(ApplyError) {
        guard session.options.isLive, manifest.architecture.rawValue != Kernel.architecture else { return }
        throw .wrongArchitecture(found: manifest.architecture, machine: Kernel.architecture)
    }

    private func checkIdentity(_ seed: Seed) throws(ApplyError) {
        guard let recorded = try store.identity(), recorded != seed.identity, !session.options.isForced else { return }
        throw .anotherMachine(found: seed.identity.description, recorded: recorded.description)
    }

    /// Accounts that this run makes, or that a package brings, may be unknown while it is planned.
    private func ownership(_ manifest: MachineManifest, _ desired: DesiredState) throws(ApplyError) -> Ownership {
        let ownership = try Ownership(session.root)
        guard !services.isOffline else { return ownership.leniently() }
        let isComplete =
            manifest.groups.allSatisfy { ownership.hasGroup($0.name) }
            && manifest.users.allSatisfy { ownership.hasUser($0.name) } && desired.packages.isEmpty
        return isComplete ? ownership : ownership.leniently()
    }

    private func verify(_ depot: Depot?, _ plan: ChangePlan, _ desired: DesiredState) throws(ApplyError) {
        for planned in plan.changes {
            guard case .place(let file, _) = planned.work, file.origin != nil else { continue }
            try file.source.verify(file.sourcePath, file.content, target: file.path)
        }
        guard let depot, !services.isOffline else { return }
        var verified: Set<Digest> = []
        for payload in desired.packages + desired.images {
            // Images share layers, and packages what they need.
            for file in payload.files where verified.insert(file.digest).inserted {
                try depot.directory.verify(file.path, file.digest, target: payload.name)
            }
        }
    }

    // MARK: Accounts and packages

    /// Makes accounts and installs packages, which files may belong to; true when something was done.
    private func prepareSystem(
        _ manifest: MachineManifest, _ desired: DesiredState, _ causes: Set<String>
    ) throws(ApplyError) -> Bool {
        guard !services.isOffline else { return false }
        let ownership = try Ownership(session.root)
        let groups = manifest.groups.filter { !ownership.hasGroup($0.name) }
        let users = manifest.users.filter { !ownership.hasUser($0.name) }
        for group in groups {
            try services.require(.makeGroup(group))
            report(.createdGroup(group.name))
        }
        for user in users {
            try services.require(.makeUser(user))
            report(.createdUser(user.name))
        }
        guard !desired.packages.isEmpty else { return !(groups.isEmpty && users.isEmpty) }
        // Written first: a run that ends right after dpkg still owes the restarts.
        let owed = UnitRules.pending(manifest.units, causes: causes.union(desired.packages.map(\.name)))
        let pending = try store.pending().union(owed)
        if !pending.isEmpty { try store.write("pending.json", pending.json) }
        try PackageInstaller(session).install(desired.packages)
        var installed = try store.installed()
        for package in desired.packages {
            installed.packages[package.name] = package.digest
            report(.installed(package.name))
        }
        try store.write("installed.json", installed.json)
        return true
    }

    // MARK: Files

    /// Makes a generation when there is something to change or another machine.json; the number in force.
    private func commit(
        _ plan: ChangePlan, _ seed: Seed, _ previous: GenerationRecord?, _ current: CurrentGeneration,
        _ pending: PendingUnits
    ) throws(ApplyError) -> Int {
        if let previous, plan.changes.isEmpty, previous.manifest == seed.digest, previous.entries == plan.entries {
            return previous.number
        }
        if let number = current.number {
            let leaving = try retired(seed.manifest, plan, previous: store.manifest(number))
            try session.units.retire(leaving)
        }
        let number = current.last + 1
        try Transaction(store, number: number, parent: current.number).commit(
            plan, manifest: seed.manifest, digest: seed.digest, pending: pending, report)
        return number
    }

    /// Units that machine.json no longer has and whose file goes with this plan. Others belong to the system.
    private func retired(_ manifest: MachineManifest, _ plan: ChangePlan, previous: MachineManifest) -> [String] {
        let kept = Set(manifest.units.map(\.name))
        let removed = plan.changes.filter { $0.change.after == .absent }.map(\.path)
        return previous.units.map(\.name).filter { unit in
            !kept.contains(unit) && removed.contains { MachineUnit.isFile($0, of: unit) }
        }
    }

    // MARK: Afterwards

    private struct Result {
        let plan: ChangePlan
        let desired: DesiredState
        let depot: Depot?
        let generation: Int
        let pending: PendingUnits
    }

    private func finish(
        _ result: Result, _ manifest: MachineManifest, _ cache: DigestCache
    ) throws(ApplyError) -> ApplySummary {
        try saveCache(result.plan, cache)
        let waiting = WaitingPayload.merged(result.desired.waiting + result.plan.waiting)
        for payload in waiting { report(.waiting(payload)) }
        var failed = try session.units.settle(manifest.units, result.pending, waiting: waiting)
        if !services.isOffline {
            let held = try ServicePolicy(store.disk).takeHeld()
            try session.units.startHeld(held.filter { unit in !manifest.units.contains { $0.name == unit } })
        }
        failed += try ImageImporter(session).importImages(
            result.desired.images, from: result.depot, manifest, waiting)
        try store.remove("pending.json")
        return ApplySummary(
            generation: result.generation, changed: result.plan.changedCount, removed: result.plan.removedCount,
            unchanged: result.plan.unchangedCount, waiting: waiting.map(\.name), failed: failed)
    }

    /// Notes what was placed, so that the next run need not read it.
    private func saveCache(_ plan: ChangePlan, _ cache: DigestCache) throws(ApplyError) {
        var cache = cache
        for planned in plan.changes {
            guard case .place(let file, _) = planned.work, let status = try session.root.status(file.path) else {
                continue
            }
            cache.note(file.path, status, file.content)
        }
        if cache.isChanged { try store.write("digests.json", cache.json) }
    }
}
