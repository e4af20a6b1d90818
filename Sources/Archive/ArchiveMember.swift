import BundleFormat
public import Values

/// What is known of a member before its content is read. Checked: it is a file or a directory with an acceptable path.
public struct ArchiveMember: Hashable, Sendable {
    /// Relative, printable ASCII, no `..`, no slash at the end.
    public let path: String
    public let isDirectory: Bool
    /// Bytes of content; 0 for a directory. The reader's limits hold.
    public let size: Int64
    public let permissions: Permissions
    /// Seconds since 1970.
    public let modified: Int64
    /// Where the content begins in the file, for reading it later without reading what stands before.
    public let contentOffset: Int64
}
