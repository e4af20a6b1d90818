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
        /// Whether members that are nowhere can be unpacked from the payload itself.
        public internal(set) var isArchive = false
        /// The archive's files that are placed, an image's blobs, or packages.
        public internal(set) var members: Set<PayloadMember> = []

        /// Sorted by path.
        var sortedMembers: [PayloadMember] { members.sorted { ($0.path, $0.digest) < ($1.path, $1.digest) } }
    }

    /// Sorted by name, then digest; a digest occurs once.
    public let entries: [Entry]
    /// Names of payloads that no lock file pins, sorted: machines wait for them.
    public let unpinned: [String]
    /// Names of archives of which the lock file does not say what is in them, sorted: machines wait for them too.
    public let unlisted: [String]

    /// - Parameter machines: the payloads of each machine's machine.json.
    public init(machines: some Sequence<[MachinePayload]>) {
        var entries: [Digest: Entry] = [:]
        var (unpinned, unlisted): (Set<String>, Set<String>) = ([], [])
        for payload in machines.joined() {
            guard let digest = payload.digest else {
                unpinned.insert(payload.name)
                continue
            }
            let isArchive = payload.kind == .archive || payload.kind == .archiveMember
            if isArchive, payload.members == nil {
                unlisted.insert(payload.name)
                continue
            }
            // Two names for the same bytes: the first by order, so that the order of machines does not matter.
            let known = entries[digest]
            var entry = Entry(
                name: min(known?.name ?? payload.name, payload.name), digest: digest, size: known?.size ?? payload.size)
            entry.needsBlob = known?.needsBlob ?? false || payload.isBlob
            entry.isArchive = known?.isArchive ?? false || isArchive
            entry.members = known?.members ?? []
            entry.members.formUnion(payload.members ?? [])
            entries[digest] = entry
        }
        self.entries = entries.values.sorted { ($0.name, $0.digest) < ($1.name, $1.digest) }
        self.unpinned = unpinned.sorted()
        self.unlisted = unlisted.sorted()
    }
}
