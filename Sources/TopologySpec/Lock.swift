public import Diagnostics

/// The lock file beside a topology: which exact bytes stand behind each payload name.
///
/// Like every lock file it is committed. A payload that it does not name is not pinned, and a bundle says so.
public struct Lock: Sendable {
    /// One pinned payload.
    public struct Entry: Sendable {
        /// Where it was found: an `https:` address or a `file:` path.
        public let url: String
        /// Size in bytes.
        public let size: Int
        /// `sha256:` and 64 lower-case hexadecimal digits.
        public let digest: String
        public let position: SourcePosition
    }

    /// Entries by payload name.
    public var entries: [String: Entry]

    public init(entries: [String: Entry] = [:]) { self.entries = entries }
}
