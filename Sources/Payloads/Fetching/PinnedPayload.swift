import BundleFormat
public import Values

/// A payload as the lock file pins it.
public struct PinnedPayload: Hashable, Sendable {
    public let name: String
    public let source: PayloadSource
    public let digest: Digest
    /// Bytes.
    public let size: Int64

    public init(name: String, source: PayloadSource, digest: Digest, size: Int64) {
        self.name = name
        self.source = source
        self.digest = digest
        self.size = size
    }

    /// Checks bytes that claim to be the payload.
    func check(_ found: (digest: Digest, size: Int64)) throws(PayloadError) {
        guard found.size == size else {
            throw .wrongSize(name: name, address: source.address, expected: size, found: found.size)
        }
        guard found.digest == digest else {
            throw .wrongDigest(name: name, address: source.address, expected: digest, found: found.digest)
        }
    }
}
