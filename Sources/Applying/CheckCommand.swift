import BundleFormat
import Values

/// `slipway-apply check`: lists what is not as it was placed. Reads every file and changes nothing.
struct CheckCommand {
    let session: Session

    init(_ session: Session) { self.session = session }

    /// - Returns: whether the machine is as the generation in force, and the seed where one is named, says.
    func run() throws(ApplyError) -> Bool {
        var events: [Event] = []
        if let unfinished = try session.lastRun().text { events.append(.drift("run", unfinished)) }
        guard let record = try session.record(of: session.store.current()) else {
            session.report(.drift("machine", "nothing has been applied yet"))
            return false
        }
        let manifest = try session.store.manifest(record.number)
        var finder = DriftFinder(session)
        events += try finder.differences(from: record, manifest)
        if try !session.store.pending().isEmpty { events.append(.drift("units", "restarts are owed; apply does them")) }
        let waiting = PayloadsInPlace(record.entries, try session.store.installed()).waiting(manifest)
        events += try finder.units(manifest, waiting)
        if let path = session.options.seed, try Seed(path).digest != record.manifest {
            events.append(.drift("seed", "it is not the one that was applied"))
        }
        for event in events { session.report(event) }
        if events.isEmpty {
            session.report(Event(.ok, "generation \(record.number)", "\(record.entries.count) files and directories"))
        }
        return events.isEmpty
    }
}

/// `slipway-apply status`: where the machine stands. Believes file stamps, so it is quick; `check` reads everything.
struct StatusCommand {
    let session: Session

    init(_ session: Session) { self.session = session }

    /// One line of JSON, or a few of text.
    func run() throws(ApplyError) -> (text: [String], json: JSONValue) {
        let store = session.store
        let run = try session.lastRun()
        guard let record = try session.record(of: store.current()) else {
            let text = ["nothing has been applied yet"] + (run.text.map { [$0] } ?? [])
            return (text, AppliedState(generation: 0, manifest: nil, run: run).json)
        }
        let manifest = try store.manifest(record.number)
        let waiting = PayloadsInPlace(record.entries, try store.installed()).waiting(manifest)
        var finder = DriftFinder(session, cache: store.digests())
        let drift = try finder.differences(from: record, manifest)
        let units = try finder.units(manifest, waiting)
        let isPending = try !store.pending().isEmpty

        var text = [
            "machine \(manifest.machine) of cluster \(manifest.cluster), \(manifest.role.rawValue)",
            "generation \(record.number), machine.json \(record.manifest)",
        ]
        if let run = run.text { text.append(run) }
        if isPending { text.append("pending: restarts are owed; apply does them") }
        text += waiting.map { Event.waiting($0).text } + (drift + units).map(\.text)
        let state = AppliedState(
            identity: AppliedState.Identity(
                cluster: manifest.cluster, machine: manifest.machine, role: manifest.role),
            generation: Int64(record.number), manifest: record.manifest, run: run, isPending: isPending,
            waiting: waiting.map(\.name), drift: drift.map(\.difference), units: units.map(\.difference))
        return (text, state.json)
    }
}

/// Compares the machine with the generation in force. Reads only.
struct DriftFinder {
    let session: Session
    /// Nil reads every file; a cache believes unchanged stamps.
    var cache: DigestCache?

    init(_ session: Session, cache: DigestCache? = nil) {
        self.session = session
        self.cache = cache
    }

    /// One event for each difference.
    mutating func differences(from record: GenerationRecord, _ manifest: MachineManifest) throws(ApplyError) -> [Event]
    {
        let ownership = try Ownership(session.root).leniently()
        var events: [Event] = []
        for entry in record.entries {
            if let what = try difference(entry, ownership) { events.append(.drift(entry.path, what)) }
        }
        guard ownership.isEnforced, !session.services.isOffline else { return events }
        events += manifest.groups.filter { !ownership.hasGroup($0.name) }.map {
            .drift("group \($0.name)", "does not exist")
        }
        events += manifest.users.filter { !ownership.hasUser($0.name) }.map {
            .drift("user \($0.name)", "does not exist")
        }
        return events
    }

    private mutating func difference(_ entry: RecordedEntry, _ ownership: Ownership) throws(ApplyError) -> String? {
        let status: FileStatus?
        do { status = try session.root.status(entry.path) } catch { return error.description }
        guard let status else { return "is missing" }
        let kind: FileStatus.Kind = entry.isDirectory ? .directory : .file
        guard status.kind == kind else { return "is \(status.kind.name), expected \(kind.name)" }
        if let content = entry.content {
            let found =
                if cache == nil { try session.root.digest(of: entry.path) } else {
                    try cache?.digest(of: entry.path, status, in: session.root)
                }
            if found != content { return "content has changed" }
        }
        if status.mode != entry.mode.bits { return "mode \(Permissions(bits: status.mode)), expected \(entry.mode)" }
        let ids = try ownership.ids(user: entry.owner, group: entry.group, of: entry.path)
        if let ids, status.owner != ids {
            return "owner \(status.owner.user):\(status.owner.group), expected \(entry.owner):\(entry.group)"
        }
        return nil
    }

    /// Units that are not as machine.json wants them.
    func units(_ manifest: MachineManifest, _ waiting: [WaitingPayload]) throws(ApplyError) -> [Event] {
        guard !session.services.isOffline else { return [] }
        let units = manifest.units.filter { !UnitRules.waits($0, for: waiting) }
        return zip(units, try session.units.states(of: units.map(\.name))).compactMap { unit, state in
            if !state.isLoaded { return .drift(unit.name, "systemd: \(state.loadState)") }
            if state.isFailed { return .drift(unit.name, "failed: \(state.result)") }
            if unit.isEnabled && !state.isEnabled { return .drift(unit.name, "is not enabled") }
            let isUp = state.isActive || state.isStarting || state.isFinished
            if !isUp { return .drift(unit.name, "is \(state.active)") }
            return nil
        }
    }
}
