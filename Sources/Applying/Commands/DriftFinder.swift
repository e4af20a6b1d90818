import BundleFormat
import Values

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
            if unit.isStarted && !isUp { return .drift(unit.name, "is \(state.active)") }
            return nil
        }
    }
}
