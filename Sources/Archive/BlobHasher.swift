import BundleFormat
private import Crypto
public import Values

/// SHA-256 over a blob that arrives in pieces.
public struct BlobHasher: Sendable {
    private var state = SHA256()

    public init() {}

    public mutating func update(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBytes { unsafe state.update(bufferPointer: $0) }
    }

    public mutating func update(_ bytes: [UInt8]) { update(bytes.span) }

    /// The digest of everything given so far; more may follow.
    public func finish() -> Values.Digest {
        let value = state.finalize()
        let bytes = unsafe value.withUnsafeBytes { unsafe Array($0) }
        guard let digest = Values.Digest(bytes: bytes) else {
            // SHA256.byteCount is 32 by definition of the type.
            preconditionFailure("SHA-256 gave \(bytes.count) bytes")
        }
        return digest
    }
}

extension Values.Digest {
    /// The SHA-256 of a blob in memory.
    public init(hashing bytes: [UInt8]) {
        var hasher = BlobHasher()
        hasher.update(bytes)
        self = hasher.finish()
    }
}
