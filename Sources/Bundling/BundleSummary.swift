import BundleFormat
public import Values

/// What a finished bundle is called.
public struct BundleSummary: Sendable {
    /// Where it lies.
    public let path: String
    /// Digest of the part that does not depend on the secrets file: the public manifest's.
    public let publicDigest: Values.Digest
    /// Digest of the whole: the nested index's.
    public let bundleDigest: Values.Digest
    /// Bytes of the file.
    public let size: Int64
    public let machineCount: Int
    /// Names of payloads that the lock file does not pin.
    public let unpinnedPayloads: [String]
    /// Names of archives that it pins without the digests of the files that machines place.
    public let unlistedArchives: [String]
}
