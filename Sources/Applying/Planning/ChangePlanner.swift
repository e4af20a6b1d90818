import BundleFormat
import Values

/// Compares the machine with what it should be. Reads only.
struct ChangePlanner {
    let root: RootDirectory
    let ownership: Ownership
    /// The generation in force.
    let previous: [RecordedEntry]
    /// The generation to be made; part of the names of files that are saved beside.
    let number: Int
    /// Replaces what a user changed without saving it beside.
    let isForced: Bool
    var cache: DigestCache

    private var plan = ChangePlan()
    private var recorded: [String: RecordedEntry] = [:]
    private var plannedDirectories: Set<String> = []

    init(
        root: RootDirectory, ownership: Ownership, previous: [RecordedEntry], number: Int, isForced: Bool,
        cache: DigestCache
    ) {
        self.root = root
        self.ownership = ownership
        self.previous = previous
        self.number = number
        self.isForced = isForced
        self.cache = cache
        recorded = Dictionary(previous.map { ($0.path, $0) }) { first, _ in first }
    }

    mutating func plan(_ desired: DesiredState) throws(ApplyError) -> ChangePlan {
        plan = ChangePlan()
        plannedDirectories = []
        for directory in desired.directories { try add(directory) }
        for file in desired.files { try add(file) }
        for entry in desired.carried { try carry(entry) }
        try addRemovals()
        return plan
    }

    // MARK: Directories

    private mutating func add(_ directory: MachineDirectory) throws(ApplyError) {
        try addParents(of: directory.path)
        let ids = try ownership.ids(user: directory.owner, group: directory.group, of: directory.path)
        let status = try root.status(directory.path)
        let isMade = recorded[directory.path]?.isMade ?? (status == nil)
        plan.entries.append(
            RecordedEntry(
                path: directory.path, content: nil, mode: directory.mode, owner: directory.owner,
                group: directory.group,
                isMade: isMade))
        plannedDirectories.insert(directory.path)
        guard let status else {
            return make(directory.path, directory.mode, ids)
        }
        guard status.kind == .directory else {
            throw .notDirectory(path: root.hostPath(of: directory.path), found: status.kind.name)
        }
        let differences = differences(status, directory.mode, ids)
        guard !differences.isEmpty else {
            plan.unchangedCount += 1
            return
        }
        plan.changes.append(
            PlannedChange(
                change: RecordedChange(
                    path: directory.path, before: .directory(mode: status.mode, status.owner), after: .directory),
                work: .correctDirectory(mode: directory.mode.bits, ids), saved: nil,
                event: .corrected(directory.path, differences)))
        plan.causes.insert(directory.path)
    }

    private mutating func make(_ path: String, _ mode: Permissions, _ ids: OwnerIDs?) {
        plan.changes.append(
            PlannedChange(
                change: RecordedChange(path: path, before: .absent, after: .directory),
                work: .makeDirectory(mode: mode.bits, ids), saved: nil, event: .made(path)))
        plan.causes.insert(path)
    }

    /// Directories above a path that nobody declared: made with mode 0755 for root where they are missing.
    private mutating func addParents(of path: String) throws(ApplyError) {
        let parent = RootDirectory.parent(of: path)
        guard parent != "/", plannedDirectories.insert(parent).inserted else { return }
        try addParents(of: parent)
        let isThere = try root.directory(parent) != nil
        let wasMade = recorded[parent]?.isMade ?? false
        guard !isThere || wasMade else { return }
        plan.entries.append(
            RecordedEntry(path: parent, content: nil, mode: 0o755, owner: "root", group: "root", isMade: true))
        if isThere {
            plan.unchangedCount += 1
            return
        }
        make(parent, 0o755, try ownership.ids(user: "root", group: "root", of: parent))
    }

    // MARK: Files

    private mutating func add(_ file: DesiredFile) throws(ApplyError) {
        try addParents(of: file.path)
        plan.entries.append(file.entry())
        let ids = try ownership.ids(user: file.owner, group: file.group, of: file.path)
        guard let status = try root.status(file.path) else {
            let note = recorded[file.path] == nil ? nil : "it had been removed"
            return place(file, ids, before: nil, event: .placed(file.path, note))
        }
        guard status.kind == .file else {
            throw .notFile(path: root.hostPath(of: file.path), found: status.kind.name)
        }
        let found = try cache.digest(of: file.path, status, in: root)
        let differences = differences(status, file.mode, ids)
        if found == file.content {
            guard !differences.isEmpty else {
                plan.unchangedCount += 1
                return
            }
            return place(file, ids, before: status, event: .corrected(file.path, differences))
        }
        guard let entry = recorded[file.path] else {
            return place(file, ids, before: status, event: .placed(file.path, "what stood there is kept for rollback"))
        }
        let isDrifted = found != entry.content
        if isDrifted && !isForced { try keepBeside(file.path, status) }
        place(file, ids, before: status, event: .placed(file.path, isDrifted && isForced ? "it had been changed" : nil))
    }

    private mutating func place(_ file: DesiredFile, _ ids: OwnerIDs?, before: FileStatus?, event: Event) {
        plan.changes.append(
            PlannedChange(
                change: RecordedChange(path: file.path, before: before == nil ? .absent : .file, after: .file),
                work: .place(file, ids), saved: before, event: event))
        plan.causes.insert(file.path)
        if let origin = file.origin { plan.causes.insert(origin.payload) }
    }

    /// Plans a second name, `PATH.slipway-saved-N`, for a file that a user changed and that is about to be replaced.
    private mutating func keepBeside(_ path: String, _ status: FileStatus) throws(ApplyError) {
        let name = try SavedName.free(for: path, status, generation: number, in: root)
        plan.changes.append(
            PlannedChange(
                change: RecordedChange(path: name, before: .absent, after: .kept), work: .keep(original: path),
                saved: nil,
                event: .saved(path, as: name)))
    }

    private func differences(_ status: FileStatus, _ mode: Permissions, _ ids: OwnerIDs?) -> String {
        var texts: [String] = []
        if status.mode != mode.bits { texts.append("mode \(Permissions(bits: status.mode)) to \(mode)") }
        if ownership.isEnforced, let ids, status.owner != ids {
            texts.append("owner \(status.owner.user):\(status.owner.group) to \(ids.user):\(ids.group)")
        }
        return texts.joined(separator: ", ")
    }

    /// Keeps an entry whose source is out of reach, and says so when its file is not what it was.
    private mutating func carry(_ entry: RecordedEntry) throws(ApplyError) {
        try addParents(of: entry.path)
        plan.entries.append(entry)
        if let status = try root.status(entry.path), status.kind == .file,
            try cache.digest(of: entry.path, status, in: root) == entry.content
        {
            plan.unchangedCount += 1
            return
        }
        let name = entry.origin?.payload ?? entry.path
        plan.waiting.append(
            WaitingPayload(
                name: name, reason: "payload absent, and \(entry.path) is not what was placed",
                causes: [name, entry.path]))
    }

    // MARK: Removals

    private mutating func addRemovals() throws(ApplyError) {
        let wanted = Set(plan.entries.map(\.path))
        let gone = previous.filter { !wanted.contains($0.path) }
        for entry in gone where !entry.isDirectory { try remove(entry) }
        // The deepest first.
        let directories = gone.filter { $0.isDirectory && $0.isMade }.map(\.path)
        for path in directories.sorted(by: { $1.utf8.lexicographicallyPrecedes($0.utf8) }) {
            guard let status = try root.status(path), status.kind == .directory else { continue }
            plan.changes.append(
                PlannedChange(
                    change: RecordedChange(
                        path: path, before: .directory(mode: status.mode, status.owner), after: .absent),
                    work: .removeDirectory, saved: nil, event: .removed(path, nil)))
        }
    }

    private mutating func remove(_ entry: RecordedEntry) throws(ApplyError) {
        guard let status = try root.status(entry.path) else { return }
        // Something else stands there now; it is not ours to remove.
        guard status.kind == .file else { return }
        let isDrifted = try cache.digest(of: entry.path, status, in: root) != entry.content
        if isDrifted && !isForced { try keepBeside(entry.path, status) }
        plan.changes.append(
            PlannedChange(
                change: RecordedChange(path: entry.path, before: .file, after: .absent), work: .removeFile,
                saved: status,
                event: .removed(entry.path, isDrifted && isForced ? "it had been changed" : nil)))
        plan.causes.insert(entry.path)
        if let origin = entry.origin { plan.causes.insert(origin.payload) }
    }
}
