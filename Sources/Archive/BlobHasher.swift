import BundleFormat
import Crypto
public import SystemPackage
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

extension BlobHasher {
    /// The digest and the size in bytes of an open file, or of a range of its bytes; its position stays as it is.
    ///
    /// - Parameter body: gets every piece, for copying in the same pass.
    public static func digest(
        of file: FileDescriptor, range: Range<Int64>? = nil, subject: String,
        _ body: (Span<UInt8>) throws(ArchiveError) -> Void = { _ in }
    ) throws(ArchiveError) -> (digest: Values.Digest, size: Int64) {
        var hasher = BlobHasher()
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        let start = range?.lowerBound ?? 0
        var size: Int64 = 0
        while true {
            let wanted = range.map { Int(min(Int64(buffer.count), $0.upperBound - start - size)) } ?? buffer.count
            if wanted == 0 { return (hasher.finish(), size) }
            let count: Int
            do {
                count = try unsafe buffer.withUnsafeMutableBytes { bytes in
                    try unsafe file.read(fromAbsoluteOffset: start + size, into: .init(rebasing: bytes[..<wanted]))
                }
            } catch {
                throw .system(operation: "read", subject: subject, error: error as? Errno ?? .ioError)
            }
            if count == 0 { return (hasher.finish(), size) }
            let piece = buffer.span.extracting(first: count)
            hasher.update(piece)
            try body(piece)
            size += Int64(count)
        }
    }
}

extension BlobHasher {
    /// The SHA-512 of an open file in lower-case hexadecimal digits, for comparing with what others publish; blobs are named by
    /// SHA-256 alone.
    public static func sha512(of file: FileDescriptor, subject: String) throws(ArchiveError) -> String {
        var state = SHA512()
        _ = try digest(of: file, subject: subject) { piece in
            unsafe piece.withUnsafeBytes { unsafe state.update(bufferPointer: $0) }
        }
        return Hexadecimal.text(state.finalize())
    }
}
