import BundleFormat
public import Values

/// An entry of a lock file.
public struct LockedPayload: Hashable, Sendable {
    public let name: String
    /// As ``PayloadSource/init(parsing:of:)`` reads it.
    public let address: String
    /// Bytes.
    public let size: Int64
    public let digest: Digest

    public init(name: String, address: String, size: Int64, digest: Digest) {
        self.name = name
        self.address = address
        self.size = size
        self.digest = digest
    }
}
