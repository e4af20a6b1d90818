public import BundleFormat
public import Values

/// What a depot for some machines must hold, before anyone looks where it is.
public struct DepotPlan: Hashable, Sendable {
    /// One payload, by its digest.
    public struct Entry: Hashable, Sendable {
        public let name: String
        public let digest: Digest
        /// Bytes; nil where machine.json does not say.
        public let size: Int64?
        /// Whether the payload itself is needed, not only members of it.
        public internal(set) var needsBlob = false
        /// Whether every file of the archive is needed.
        public internal(set) var needsAllMembers = false
        /// Paths in the archive.
        public internal(set) var members: Set<String> = []

        public var isArchive: Bool { needsAllMembers || !members.isEmpty }
    }

    /// Sorted by name, then digest; a digest occurs once.
    public let entries: [Entry]
    /// Names of payloads that no lock file pins, sorted: machines wait for them.
    public let unpinned: [String]

    /// - Parameter machines: the payloads of each machine's machine.json.
    public init(machines: some Sequence<[MachinePayload]>) {
        var entries: [Digest: Entry] = [:]
        var unpinned: Set<String> = []
        for payload in machines.joined() {
            guard let digest = payload.digest else {
                unpinned.insert(payload.name)
                continue
            }
            // Two names for the same bytes: the first by order, so that the order of machines does not matter.
            var entry = Entry(
                name: min(entries[digest]?.name ?? payload.name, payload.name), digest: digest,
                size: entries[digest]?.size ?? payload.size)
            if let known = entries[digest] {
                entry.needsBlob = known.needsBlob
                entry.needsAllMembers = known.needsAllMembers
                entry.members = known.members
            }
            switch payload.kind {
            case .binary, .deb, .image: entry.needsBlob = true
            case .archive: entry.needsAllMembers = true
            case .archiveMember: if let member = payload.member { entry.members.insert(member) }
            }
            entries[digest] = entry
        }
        self.entries = entries.values.sorted { ($0.name, $0.digest) < ($1.name, $1.digest) }
        self.unpinned = unpinned.sorted()
    }
}
