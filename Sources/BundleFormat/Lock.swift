public import Values

/// The lock file beside a topology: which exact bytes stand behind each payload name.
///
/// Like every lock file it is committed. A payload that it does not name is not pinned, and a bundle says so. Its text is YAML, read
/// and written by TopologySpec's `LockFile`.
public struct Lock: Hashable, Sendable {
    /// The version of the text that is written; version 1, which has no `verified:` and no images or packages, is read too.
    public static let version = 2

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

/// Where the bytes of a locked payload are had.
public enum LockedSource: Hashable, Sendable {
    /// One file.
    case address(PayloadAddress)
    /// The blobs of one platform's image in a registry, which `lock` asked for by this name.
    case image(ImageReference)
    /// These packages of a distribution and what they need.
    case packages(Distribution, [String])
}

extension LockedSource: CustomStringConvertible {
    /// For people: an address, the name of an image, `packages haproxy of debian-13/amd64`.
    public var description: String {
        switch self {
        case .address(let address): address.description
        case .image(let reference): reference.description
        case .packages(let distribution, let names): "packages \(names.joined(separator: " ")) of \(distribution)"
        }
    }
}

/// A payload as the lock pins it.
public struct LockedPayload: Hashable, Sendable {
    public let name: String
    public let source: LockedSource
    /// Bytes: of the file, or of all members together where the source is no file.
    public let size: Int64
    /// Of the file; of an image's manifest; of packages, of the text that ``PayloadMember/listing(_:)`` makes of them.
    public let digest: Digest
    /// Nil in what version 1 wrote, which does not say.
    public let verified: PayloadVerification?
    /// The files of an archive that machines place, an image's blobs, or the packages; sorted by path. Nil for a file that is no
    /// archive, and for an archive of which the lock does not say what is in it.
    public let members: [PayloadMember]?
    /// Where members are had one by one, by their paths: packages.
    public let memberAddresses: [String: PayloadAddress]

    public init(
        name: String, source: LockedSource, size: Int64, digest: Digest, verified: PayloadVerification? = nil,
        members: [PayloadMember]? = nil, memberAddresses: [String: PayloadAddress] = [:]
    ) {
        self.name = name
        self.source = source
        self.size = size
        self.digest = digest
        self.verified = verified
        self.members = members?.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        self.memberAddresses = memberAddresses
    }

    /// A file.
    public init(
        name: String, address: PayloadAddress, size: Int64, digest: Digest, verified: PayloadVerification? = nil,
        members: [PayloadMember]? = nil
    ) {
        self.init(
            name: name, source: .address(address), size: size, digest: digest, verified: verified, members: members)
    }

    /// Nil when the payload is no single file.
    public var address: PayloadAddress? {
        guard case .address(let address) = source else { return nil }
        return address
    }
}
