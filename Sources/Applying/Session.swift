import BundleFormat

/// What every command works with: the root, the record of earlier runs, other programs, and where to report.
struct Session {
    let options: ApplyOptions
    let root: RootDirectory
    let store: StateStore
    let services: any SystemServices
    let report: (Event) -> Void

    init(
        _ options: ApplyOptions, services: any SystemServices, faults: FaultInjection = .none,
        report: @escaping (Event) -> Void
    ) throws(ApplyError) {
        self.options = options
        root = try RootDirectory(options.root)
        store = StateStore(DiskOperations(root, faults: faults), path: options.state)
        self.services = services
        self.report = report
    }

    var units: UnitManager { UnitManager(services: services, patience: options.patience, report: report) }

    /// The seed that was named, or the first usual place that has one.
    func seed() throws(ApplyError) -> Seed {
        if let path = options.seed { return try Seed(path) }
        for path in SeedLayout.places {
            do { return try Seed(path) } catch {
                guard case .missingSeed = error else { throw error }
            }
        }
        throw .missingSeed(SeedLayout.places[0])
    }

    /// The depot that was named, or the usual one where it exists; nil when there is none.
    func depot() throws(ApplyError) -> Depot? {
        if let path = options.depot { return try Depot(path) }
        do { return try Depot(DepotLayout.directory) } catch {
            guard case .missingDepot = error else { throw error }
            return nil
        }
    }

    /// Takes the state directory for this run alone and puts an interrupted run right.
    ///
    /// - Returns: the lock, to be held until the end, and the journal of the interrupted run.
    func begin() throws(ApplyError) -> (lock: Lock, interrupted: Journal?) {
        guard !options.isLive || Kernel.userID == 0 else { throw .notRoot }
        try store.prepare()
        let lock = try lock()
        if !services.isOffline { try ServicePolicy(store.disk).lift() }
        let interrupted = try UndoOperation(store).recover()
        if let interrupted { report(.recovered(interrupted.generation)) }
        return (lock, interrupted)
    }

    /// Waits a little for another run to end: `status` holds the lock for an instant, and a boot may meet a run by hand.
    private func lock() throws(ApplyError) -> Lock {
        for _ in 0..<100 {
            do { return Lock(try store.lock()) } catch {
                guard case .locked = error else { throw error }
                services.pause(milliseconds: 100)
            }
        }
        return Lock(try store.lock())
    }

    /// What an unfinished journal means: a run at work now, or one that was interrupted.
    func lastRun() throws(ApplyError) -> AppliedState.Run {
        guard try store.journal() != nil else { return .ended }
        return store.isAtWork() ? .working : .interrupted
    }

    /// Keeps a lock as long as it is referred to.
    final class Lock {
        private let descriptor: Descriptor
        init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
    }

    func record(of current: CurrentGeneration) throws(ApplyError) -> GenerationRecord? {
        guard let number = current.number else { return nil }
        return try store.record(number)
    }
}

extension AppliedState.Run {
    /// For people; nil when there is nothing to say.
    var text: String? {
        switch self {
        case .ended: nil
        case .working: "a run is at work"
        case .interrupted: "a run was interrupted; apply puts it right"
        }
    }
}
