import BundleFormat
import Values

/// Makes a generation's changes, so that at any instant either all of them hold or the journal says how to take back what
/// was done.
///
/// Order: what is replaced is saved; the journal is written; directories are made and every file is staged beside its
/// target, synced; then the files are renamed into place; then the generation is recorded and the journal goes.
struct Transaction {
    let store: StateStore
    let number: Int
    let parent: Int?

    private var disk: DiskOperations { store.disk }

    init(_ store: StateStore, number: Int, parent: Int?) {
        self.store = store
        self.number = number
        self.parent = parent
    }

    /// Does it all, or nothing.
    ///
    /// - Parameters:
    ///   - manifest: the bytes of machine.json
    ///   - pending: what the changes owe to units; on the disk before the first file is renamed
    ///   - report: told of each change once it is made
    func commit(
        _ plan: ChangePlan, manifest: MachineManifest, digest: Digest, pending: PendingUnits, _ report: (Event) -> Void
    ) throws(ApplyError) {
        do {
            try save(plan, manifest)
            try store.write("journal.json", journal(plan, digest).json)
            try stage(plan)
            if !pending.isEmpty { try store.write("pending.json", pending.json) }
            try place(plan, report)
            try record(plan, digest)
        } catch {
            // Best effort: where even this fails, the journal stays and the next run does it.
            _ = try? UndoOperation(store).recover()
            throw error
        }
    }

    private func journal(_ plan: ChangePlan, _ digest: Digest) -> Journal {
        Journal(
            generation: number, target: number, manifest: digest, isRollback: false,
            changes: plan.changes.enumerated().map { Journal.Step(index: $0.offset, change: $0.element.change) })
    }

    private func save(_ plan: ChangePlan, _ manifest: MachineManifest) throws(ApplyError) {
        try disk.makeDirectory(store.directory(of: number), mode: 0o700)
        try disk.makeDirectory(store.directory(of: number) + "/saved", mode: 0o700)
        try store.write("generations/\(number)/machine.json", manifest.json)
        for (index, planned) in plan.changes.enumerated() {
            guard let status = planned.saved else { continue }
            try disk.preserve(planned.path, as: store.savedPath(number, index), status)
        }
        try disk.syncDirectory(store.directory(of: number) + "/saved")
        try disk.syncDirectory(store.path("generations"))
    }

    // MARK: Before anything is in place

    private func stage(_ plan: ChangePlan) throws(ApplyError) {
        var staged: [String] = []
        for (index, planned) in plan.changes.enumerated() {
            switch planned.work {
            case .makeDirectory(let mode, let owner):
                // Closed until its owner is set.
                try disk.makeDirectory(planned.path, mode: 0o700)
                try disk.setDirectory(planned.path, mode: mode, owner: owner)
            case .place(let file, let owner):
                let temporary = temporaryPath(for: planned.path, index)
                try disk.create(temporary, mode: file.mode.bits, owner: owner) { (write) throws(ApplyError) in
                    try Self.copy(file, write)
                }
                staged.append(temporary)
            case .correctDirectory, .keep, .removeFile, .removeDirectory: break
            }
        }
        // All are written before the first is synced: they then share the file system's commits.
        for path in staged { try disk.sync(path) }
    }

    private static func copy(
        _ file: DesiredFile, _ write: (ArraySlice<UInt8>) throws(ApplyError) -> Void
    ) throws(ApplyError) {
        let path = file.source.hostPath(of: file.sourcePath)
        var hash = SHA256()
        let isThere = try file.source.forEachChunk(of: file.sourcePath) { (chunk) throws(ApplyError) in
            hash.update(chunk)
            try write(chunk)
        }
        guard isThere else { throw .missingSource(path: path, target: file.path) }
        let found = hash.finish()
        guard found == file.content else { throw .wrongDigest(path: path, expected: file.content, found: found) }
    }

    private func temporaryPath(for path: String, _ index: Int) -> String {
        UndoOperation.temporaryPath(for: path, generation: number, index)
    }

    // MARK: Into place

    private func place(_ plan: ChangePlan, _ report: (Event) -> Void) throws(ApplyError) {
        var touched: Set<String> = []
        for (index, planned) in plan.changes.enumerated() {
            touched.insert(RootDirectory.parent(of: planned.path))
            switch planned.work {
            case .makeDirectory: break
            case .correctDirectory(let mode, let owner):
                try disk.setDirectory(planned.path, mode: mode, owner: owner)
            case .place:
                try disk.rename(temporaryPath(for: planned.path, index), to: planned.path)
            case .keep(let original):
                if try disk.root.status(planned.path) == nil { try keep(original, as: planned.path) }
            case .removeFile:
                try disk.remove(planned.path)
            case .removeDirectory:
                guard try disk.removeDirectory(planned.path) else { continue }
            }
            report(planned.event)
        }
        for path in touched.sorted() where try disk.root.directory(path) != nil { try disk.syncDirectory(path) }
    }

    private func keep(_ path: String, as name: String) throws(ApplyError) {
        guard let status = try disk.root.status(path) else { return }
        try disk.preserve(path, as: name, status)
    }

    private func record(_ plan: ChangePlan, _ digest: Digest) throws(ApplyError) {
        let record = GenerationRecord(
            number: number, parent: parent, manifest: digest, entries: plan.entries, changes: plan.changes.map(\.change)
        )
        try store.write("generations/\(number)/record.json", record.json)
        try store.write("current.json", CurrentGeneration(number: number, last: number).json)
        try store.remove("journal.json")
    }
}

/// `journal.json`: what is being changed right now. It is on the disk before the first change and gone after the last, so
/// a run that finds one knows that the run before it was interrupted, and takes back what that may have done.
struct Journal: Hashable {
    /// The generation whose directory holds what was saved.
    let generation: Int
    /// The current generation once the work is done; nil when a first generation is taken back.
    let target: Int?
    /// Digest of the machine.json of `generation`.
    let manifest: Digest
    /// Taking a generation back, rather than making it.
    let isRollback: Bool
    let changes: [Step]

    /// A change and its position in the generation's list.
    struct Step: Hashable {
        let index: Int
        let change: RecordedChange
    }

    init(generation: Int, target: Int?, manifest: Digest, isRollback: Bool, changes: [Step]) {
        self.generation = generation
        self.target = target
        self.manifest = manifest
        self.isRollback = isRollback
        self.changes = changes
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        generation = Int(try cursor.required("generation").integer(in: 1 ... .max))
        target = try cursor.optional("target").map { (value) throws(FormatError) in
            Int(try value.integer(in: 1 ... .max))
        }
        manifest = try cursor.required("manifest").digest()
        isRollback = try cursor.required("rollback").bool()
        changes = try cursor.required("changes").list(limit: GenerationRecord.listLimit) { (step) throws(FormatError) in
            Step(
                index: Int(try step.required("index").integer(in: 0 ... .max)),
                change: try RecordedChange(decoding: step))
        }
    }

    var json: JSONValue {
        let steps = changes.map { step -> JSONValue in
            guard case .object(var object) = step.change.json else { return step.change.json }
            object["index"] = .integer(Int64(step.index))
            return .object(object)
        }
        var object = JSONObject([
            ("generation", .integer(Int64(generation))), ("rollback", .bool(isRollback)),
            ("manifest", .string(manifest.description)), ("changes", .array(steps)),
        ])
        object["target"] = target.map { .integer(Int64($0)) }
        return .object(object)
    }
}
