import BundleFormat
public import Values

/// One member of an archive as a pure value: only what reaches the archive's bytes.
///
/// Owner and time are 0 unless said otherwise, so that an archive is reproducible by default. There are no symbolic links,
/// no devices and no user names: none of our archives needs them.
public struct ArchiveEntry: Hashable, Sendable {
    /// What a member is.
    public enum Kind: Hashable, Sendable {
        case file([UInt8])
        case directory
    }

    /// Relative, printable ASCII, no `.` or `..` component, no slash at the end: also for directories.
    public let path: String
    public let kind: Kind
    public let permissions: Permissions
    public let userID: UInt32
    public let groupID: UInt32
    /// Seconds since 1970.
    public let modified: Int64

    /// Throws when the path may not stand in an archive.
    public init(
        path: String, kind: Kind, permissions: Permissions, userID: UInt32 = 0, groupID: UInt32 = 0, modified: Int64 = 0
    ) throws(ArchiveError) {
        try Self.check(path: path, in: "archive to be written")
        self.path = path
        self.kind = kind
        self.permissions = permissions
        self.userID = userID
        self.groupID = groupID
        self.modified = modified
    }

    /// A file that everyone may read, or with the mode given.
    public static func file(
        _ path: String, _ content: [UInt8], permissions: Permissions = 0o644, modified: Int64 = 0
    ) throws(ArchiveError) -> ArchiveEntry {
        try ArchiveEntry(path: path, kind: .file(content), permissions: permissions, modified: modified)
    }

    public static func directory(
        _ path: String, permissions: Permissions = 0o755, modified: Int64 = 0
    ) throws(ArchiveError) -> ArchiveEntry {
        try ArchiveEntry(path: path, kind: .directory, permissions: permissions, modified: modified)
    }

    /// The content, nil for a directory.
    public var content: [UInt8]? {
        guard case .file(let bytes) = kind else { return nil }
        return bytes
    }

    static func check(path: String, in archive: String) throws(ArchiveError) {
        do { try PathRule.checkRelative(path) } catch {
            guard case .invalidPath(let path, let reason) = error else {
                throw .refusedMember(archive: archive, member: printable(path), reason: error.description)
            }
            throw .refusedMember(archive: archive, member: printable(path), reason: reason)
        }
    }
}
