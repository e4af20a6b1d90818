import BundleFormat

/// The applier's own directory, `/var/lib/slipway`:
///
///     identity.json          which machine this is
///     current.json           which generation is in force
///     generations/N/         record.json, machine.json, saved/<index>
///     journal.json           only while a change is under way; undone.json only while one is cleared away
///     pending.json           only while units are owed a restart
///     installed.json         packages and images
///     digests.json           a cache
///     lock
struct StateStore {
    let disk: DiskOperations
    /// Absolute below the root.
    let path: String

    init(_ disk: DiskOperations, path: String) {
        self.disk = disk
        self.path = path
    }

    func path(_ name: String) -> String { path + "/" + name }
    func directory(of generation: Int) -> String { path("generations/\(generation)") }
    func savedPath(_ generation: Int, _ index: Int) -> String { directory(of: generation) + "/saved/\(index)" }

    /// Makes the directories that are missing. `generations` is for root alone: what is saved there may be secret.
    func prepare() throws(ApplyError) {
        var parents = [path]
        while let last = parents.last, RootDirectory.parent(of: last) != "/" {
            parents.append(RootDirectory.parent(of: last))
        }
        for directory in parents.reversed() where try disk.root.status(directory) == nil {
            try disk.makeDirectory(directory, mode: 0o755)
        }
        if try disk.root.status(path("generations")) == nil {
            try disk.makeDirectory(path("generations"), mode: 0o700)
            try disk.syncDirectory(path)
        }
    }

    /// Holds the lock as long as the descriptor lives.
    func lock() throws(ApplyError) -> Descriptor {
        let lockPath = disk.root.hostPath(of: path("lock"))
        guard let place = try disk.root.place(path("lock")) else {
            throw ApplyError("open", lockPath, Errno(code: Kernel.absent))
        }
        do {
            let descriptor = try Kernel.open(place.directory, place.name, .lock)
            if try Kernel.lock(descriptor) { return descriptor }
        } catch { throw ApplyError("lock", lockPath, error) }
        throw .locked(path: lockPath)
    }

    /// Whether a run holds the lock right now.
    func isAtWork() -> Bool {
        do {
            _ = try lock()
            return false
        } catch {
            guard case .locked = error else { return false }
            return true
        }
    }

    // MARK: Documents

    func read<Value>(
        _ name: String, _ decode: (JSONCursor) throws(FormatError) -> Value
    ) throws(ApplyError) -> Value? {
        guard let bytes = try disk.root.content(of: path(name)) else { return nil }
        do { return try decode(JSONCursor(try JSONParser.parse(bytes))) } catch {
            throw .damagedState(path: disk.root.hostPath(of: path(name)), reason: error.description)
        }
    }

    func write(_ name: String, _ json: JSONValue) throws(ApplyError) {
        try disk.replace(path(name), with: CanonicalJSON.encode(json), mode: 0o600)
    }

    func remove(_ name: String) throws(ApplyError) {
        guard try disk.root.status(path(name)) != nil else { return }
        try disk.remove(path(name))
        try disk.syncDirectory(path)
    }

    func identity() throws(ApplyError) -> MachineIdentity? {
        try read("identity.json") { (cursor) throws(FormatError) in try MachineIdentity(decoding: cursor) }
    }

    func current() throws(ApplyError) -> CurrentGeneration {
        try read("current.json") { (cursor) throws(FormatError) in try CurrentGeneration(decoding: cursor) } ?? .none
    }

    func journal() throws(ApplyError) -> Journal? {
        try read("journal.json") { (cursor) throws(FormatError) in try Journal(decoding: cursor) }
    }

    func pending() throws(ApplyError) -> PendingUnits {
        try read("pending.json") { (cursor) throws(FormatError) in try PendingUnits(decoding: cursor) }
            ?? PendingUnits()
    }

    func installed() throws(ApplyError) -> InstalledPayloads {
        try read("installed.json") { (cursor) throws(FormatError) in try InstalledPayloads(decoding: cursor) }
            ?? InstalledPayloads()
    }

    /// An unreadable cache is an empty cache.
    func digests() -> DigestCache {
        let cache = try? read("digests.json") { (cursor) throws(FormatError) in try DigestCache(decoding: cursor) }
        return (cache ?? nil) ?? DigestCache()
    }

    func record(_ generation: Int) throws(ApplyError) -> GenerationRecord {
        let name = "generations/\(generation)/record.json"
        let record = try read(name) { (cursor) throws(FormatError) in try GenerationRecord(decoding: cursor) }
        guard let record else { throw .damagedState(path: disk.root.hostPath(of: path(name)), reason: "is missing") }
        return record
    }

    /// The machine.json that a generation applied.
    func manifest(_ generation: Int) throws(ApplyError) -> MachineManifest {
        let name = "generations/\(generation)/machine.json"
        let manifest = try read(name) { (cursor) throws(FormatError) in try MachineManifest(decoding: cursor) }
        guard let manifest else { throw .damagedState(path: disk.root.hostPath(of: path(name)), reason: "is missing") }
        return manifest
    }
}

/// `current.json`: where the machine stands.
struct CurrentGeneration: Hashable {
    /// Nil before the first run and after the first generation was taken back.
    let number: Int?
    /// The highest number that was ever used.
    let last: Int

    static let none = CurrentGeneration(number: nil, last: 0)

    init(number: Int?, last: Int) {
        self.number = number
        self.last = last
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        number = try cursor.optional("generation").map { (value) throws(FormatError) in
            Int(try value.integer(in: 1 ... .max))
        }
        last = Int(try cursor.required("last").integer(in: 0...(.max - 1)))
    }

    var json: JSONValue {
        var object = JSONObject([("last", .integer(Int64(last)))])
        object["generation"] = number.map { .integer(Int64($0)) }
        return .object(object)
    }
}

/// `identity.json`: which machine of which cluster this is, so that another machine's seed is refused.
struct MachineIdentity: Hashable, CustomStringConvertible {
    let cluster: String
    let machine: String

    init(cluster: String, machine: String) {
        self.cluster = cluster
        self.machine = machine
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        cluster = try cursor.required("cluster").string()
        machine = try cursor.required("machine").string()
    }

    var json: JSONValue { ["cluster": .string(cluster), "machine": .string(machine)] }

    var description: String { "machine \(machine) of cluster \(cluster)" }
}
