public import Values

/// The lock file beside a topology: which exact bytes stand behind each payload name.
///
/// Like every lock file it is committed. A payload that it does not name is not pinned, and a bundle says so. Its text is YAML, read
/// and written by TopologySpec's `LockFile`.
public struct Lock: Hashable, Sendable {
    /// The version of the text.
    public static let version = 1

    private let entries: [String: LockedPayload]

    /// Of two payloads with one name the first counts.
    public init(_ payloads: [LockedPayload] = []) {
        entries = Dictionary(payloads.map { ($0.name, $0) }) { first, _ in first }
    }

    /// Sorted by name.
    public var payloads: [LockedPayload] {
        entries.values.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// The entry of a payload; nil when it is not pinned.
    public subscript(_ name: String) -> LockedPayload? { entries[name] }
}

/// A payload as the lock pins it.
public struct LockedPayload: Hashable, Sendable {
    public let name: String
    public let address: PayloadAddress
    /// Bytes.
    public let size: Int64
    public let digest: Digest
    /// The files of an archive that machines place, sorted by path; nil for what is no archive, and for an archive of which the lock
    /// does not say what is in it.
    public let members: [PayloadMember]?

    public init(
        name: String, address: PayloadAddress, size: Int64, digest: Digest, members: [PayloadMember]? = nil
    ) {
        self.name = name
        self.address = address
        self.size = size
        self.digest = digest
        self.members = members?.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    }
}
