import BundleFormat
public import Values

/// A file in a depot and where its bytes are now.
public struct DepotFile: Hashable, Sendable {
    /// What the file holds.
    public enum Content: Hashable, Sendable {
        case bytes([UInt8])
        /// The bytes at `location` must have the digest; `name` is the payload's, for errors.
        case blob(Digest, BlobLocation, name: String)

        var size: Int64 {
            switch self {
            case .bytes(let bytes): Int64(bytes.count)
            case .blob(_, let location, _): location.size
            }
        }
    }

    /// Relative to the depot's root.
    public let path: String
    public let permissions: Permissions
    public let content: Content
}
