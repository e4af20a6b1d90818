import BundleFormat

/// Takes changes back: those of an interrupted run, or those of a whole generation. May itself be interrupted and done again.
struct UndoOperation {
    let store: StateStore
    private var disk: DiskOperations { store.disk }

    init(_ store: StateStore) { self.store = store }

    /// Where a file is staged: beside its target, so that renaming never crosses file systems.
    static func temporaryPath(for path: String, generation: Int, _ index: Int) -> String {
        let parent = RootDirectory.parent(of: path)
        return (parent == "/" ? "" : parent) + "/.slipway-\(generation)-\(index)"
    }

    /// Puts the machine back to a generation that was completed, when the last run was interrupted.
    ///
    /// - Returns: the journal of the interrupted run; nil when there was none.
    @discardableResult
    func recover() throws(ApplyError) -> Journal? {
        let journal = try store.journal()
        if let journal {
            let current = try store.current()
            if !journal.isRollback && current.number == journal.target {
                // All that was missing is this.
                try store.remove("journal.json")
                try removeUnfinished()
                return nil
            }
            try undo(journal)
        }
        let undone = try clear()
        try removeUnfinished()
        return journal ?? undone
    }

    /// Takes the changes of a journal back and makes its outcome the truth.
    func undo(_ journal: Journal) throws(ApplyError) {
        // What was staged goes first: on a full disk it makes the room that the rest may need.
        for step in journal.changes where step.change.after == .file {
            try disk.remove(Self.temporaryPath(for: step.change.path, generation: journal.generation, step.index))
        }
        for step in journal.changes.reversed() { try undo(step, journal) }
        let parents = Set(journal.changes.map { RootDirectory.parent(of: $0.change.path) })
        for path in parents.sorted() where try disk.root.directory(path) != nil { try disk.syncDirectory(path) }
        if journal.isRollback {
            let current = try store.current()
            try store.write("current.json", CurrentGeneration(number: journal.target, last: current.last).json)
        }
        // Renamed rather than rewritten, since that takes no room.
        try disk.rename(store.path("journal.json"), to: store.path("undone.json"))
        try disk.syncDirectory(store.path)
    }

    /// Removes the directory of a generation that was taken back.
    ///
    /// - Returns: the journal of the run that took it back.
    @discardableResult
    func clear() throws(ApplyError) -> Journal? {
        let undone = try store.read("undone.json") { (cursor) throws(FormatError) in try Journal(decoding: cursor) }
        guard let undone else { return nil }
        try disk.removeTree(store.directory(of: undone.generation))
        try store.remove("undone.json")
        return undone
    }

    /// Removes half-written documents, and directories of generations whose run ended before the journal was written.
    private func removeUnfinished() throws(ApplyError) {
        for name in try disk.root.names(in: store.path) where name.hasSuffix(".new") {
            try disk.remove(store.path(name))
        }
        for name in try disk.root.names(in: store.path("generations")) {
            let directory = store.path("generations/" + name)
            if try disk.root.status(directory + "/record.json") == nil { try disk.removeTree(directory) }
        }
    }

    // MARK: One change

    private func undo(_ step: Journal.Step, _ journal: Journal) throws(ApplyError) {
        let path = step.change.path
        switch (step.change.before, step.change.after) {
        case (.absent, .file): try disk.remove(path)
        case (.absent, .directory): try disk.removeDirectory(path)
        case (.absent, .kept): try undoKept(step, journal)
        case (.absent, .absent): break
        case (.file, _): try restore(path, from: store.savedPath(journal.generation, step.index), step, journal)
        case (.directory(let mode, let owner), _):
            if try disk.root.status(path) == nil { try disk.makeDirectory(path, mode: 0o700) }
            try disk.setDirectory(path, mode: mode, owner: Kernel.userID == 0 ? owner : nil)
        }
    }

    /// A name made for a user's file goes again only while it is that file, which is now back in its place.
    private func undoKept(_ step: Journal.Step, _ journal: Journal) throws(ApplyError) {
        guard let original = journal.changes.first(where: { $0.index == step.index + 1 }),
            let kept = try disk.root.status(step.change.path),
            let place = try disk.root.status(original.change.path), kept.isSameFile(as: place)
        else { return }
        try disk.remove(step.change.path)
    }

    private func restore(
        _ path: String, from saved: String, _ step: Journal.Step, _ journal: Journal
    ) throws(ApplyError) {
        guard let status = try disk.root.status(saved) else {
            throw .damagedState(path: disk.root.hostPath(of: saved), reason: "is missing; it is what stood at \(path)")
        }
        // Renaming one name of a file over another of its names does nothing, and would leave the first behind.
        if let place = try disk.root.status(path), place.isSameFile(as: status) { return }
        let temporary = Self.temporaryPath(for: path, generation: journal.generation, step.index)
        try disk.preserve(saved, as: temporary, status)
        try disk.rename(temporary, to: path)
    }
}
