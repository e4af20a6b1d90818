import BundleFormat

/// `slipway-apply rollback`: takes generations back until another bundle's is in force.
///
/// Generations of one machine.json, such as a repair or a payload that came later, are taken back together. Accounts,
/// packages and images stay.
struct RollbackCommand {
    let session: Session
    private var store: StateStore { session.store }

    init(_ session: Session) { self.session = session }

    func run() throws(ApplyError) -> ApplySummary {
        let (lock, interrupted) = try session.begin()
        defer { withExtendedLifetime(lock) {} }
        let start = try store.current()
        guard let first = try session.record(of: start) else {
            throw .nothingToRollBack("no generation is in force")
        }
        if let interrupted, interrupted.isRollback, interrupted.manifest != first.manifest {
            // That rollback was this one; going on would take back one too many.
            return try settle(first, changed: 0, removed: 0)
        }
        guard try target(of: first) != nil else {
            throw .nothingToRollBack("generation \(first.number) is of the first bundle this machine had")
        }
        var record = first
        var counts = (changed: 0, removed: 0)
        while let parent = record.parent {
            let previous = try store.record(parent)
            let taken = try takeBack(record, to: previous)
            counts.changed += taken.changed
            counts.removed += taken.removed
            record = previous
            if previous.manifest != first.manifest { break }
            try UndoOperation(store).clear()
        }
        return try settle(record, changed: counts.changed, removed: counts.removed)
    }

    /// The newest generation of another machine.json.
    private func target(of record: GenerationRecord) throws(ApplyError) -> GenerationRecord? {
        var candidate = record
        while let parent = candidate.parent {
            candidate = try store.record(parent)
            if candidate.manifest != record.manifest { return candidate }
        }
        return nil
    }

    private func takeBack(
        _ record: GenerationRecord, to previous: GenerationRecord
    ) throws(ApplyError) -> (changed: Int, removed: Int) {
        let before = Dictionary(previous.entries.map { ($0.path, $0) }) { first, _ in first }
        let now = Dictionary(record.entries.map { ($0.path, $0) }) { first, _ in first }
        let steps = record.changes.enumerated().map { Journal.Step(index: $0.offset, change: $0.element) }.filter {
            step in
            // A repair of what both generations hold alike stays repaired.
            guard let entry = before[step.change.path], let own = now[step.change.path] else { return true }
            return entry.content != own.content || entry.mode != own.mode || entry.owner != own.owner
                || entry.group != own.group
        }
        try keepChangedFiles(steps, now, number: record.number)
        let manifest = try store.manifest(previous.number)
        let causes = Set(steps.map(\.change.path)).union(steps.compactMap { now[$0.change.path]?.origin?.payload })
            .union(steps.compactMap { before[$0.change.path]?.origin?.payload })
        let pending = try store.pending().union(UnitRules.pending(manifest.units, causes: causes))
        if !pending.isEmpty { try store.write("pending.json", pending.json) }
        try session.units.retire(retired(steps, from: try store.manifest(record.number), to: manifest))
        let journal = Journal(
            generation: record.number, target: previous.number, manifest: record.manifest, isRollback: true,
            changes: steps)
        try store.write("journal.json", journal.json)
        try UndoOperation(store).undo(journal)
        return tell(steps)
    }

    /// Saves files beside that were changed by hand since, as `apply` does.
    private func keepChangedFiles(
        _ steps: [Journal.Step], _ entries: [String: RecordedEntry], number: Int
    ) throws(ApplyError) {
        guard !session.options.isForced else { return }
        for step in steps where step.change.after == .file {
            let path = step.change.path
            guard let status = try session.root.status(path), status.kind == .file,
                let content = entries[path]?.content, try session.root.digest(of: path) != content
            else { continue }
            let name = try SavedName.free(for: path, status, generation: number, in: session.root)
            if try session.root.status(name) == nil { try store.disk.preserve(path, as: name, status) }
            session.report(.saved(path, as: name))
        }
    }

    private func retired(_ steps: [Journal.Step], from: MachineManifest, to: MachineManifest) -> [String] {
        let kept = Set(to.units.map(\.name))
        return from.units.map(\.name).filter { unit in
            !kept.contains(unit)
                && steps.contains { $0.change.before == .absent && MachineUnit.isFile($0.change.path, of: unit) }
        }
    }

    private func tell(_ steps: [Journal.Step]) -> (changed: Int, removed: Int) {
        var counts = (changed: 0, removed: 0)
        for step in steps {
            switch (step.change.before, step.change.after) {
            case (_, .kept), (.absent, .absent): continue
            case (.absent, _):
                session.report(.removed(step.change.path, nil))
                counts.removed += 1
            default:
                session.report(.restored(step.change.path))
                counts.changed += 1
            }
        }
        return counts
    }

    /// Sees to the units, and only then clears the last generation away: a rollback that is interrupted before is known as one.
    private func settle(_ record: GenerationRecord, changed: Int, removed: Int) throws(ApplyError) -> ApplySummary {
        let manifest = try store.manifest(record.number)
        let waiting = PayloadsInPlace(record.entries, try store.installed()).waiting(manifest)
        let failed = try session.units.settle(manifest.units, try store.pending(), waiting: waiting)
        try store.remove("pending.json")
        try UndoOperation(store).clear()
        return ApplySummary(
            generation: record.number, changed: changed, removed: removed,
            unchanged: max(0, record.entries.count - changed), waiting: waiting.map(\.name), failed: failed)
    }
}
