import BundleFormat
public import Values

/// How much a reader accepts from outside before it stops.
public struct ReadLimits: Hashable, Sendable {
    public let memberCount: Int
    /// Bytes of one path.
    public let pathLength: Int
    /// Bytes of one member.
    public let memberSize: Int64
    /// Bytes of all members together.
    public let totalSize: Int64

    public init(memberCount: Int, pathLength: Int = 512, memberSize: Int64, totalSize: Int64) {
        self.memberCount = memberCount
        self.pathLength = pathLength
        self.memberSize = memberSize
        self.totalSize = totalSize
    }

    /// For a bundle with payloads: up to 64 GiB in 100 000 blobs.
    public static let bundle = ReadLimits(memberCount: 100_000, memberSize: 16 << 30, totalSize: 64 << 30)
    /// For a layer or a seed that is held in memory: up to 256 MiB.
    public static let inMemory = ReadLimits(memberCount: 20_000, memberSize: 128 << 20, totalSize: 256 << 20)
    /// For an archive that upstream published: up to 16 GiB in 200 000 members.
    public static let payload = ReadLimits(memberCount: 200_000, memberSize: 4 << 30, totalSize: 16 << 30)
}

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

/// Lets a member in or says why not: the one place that judges what archives from outside say.
struct MemberGate {
    private let archive: String
    private let limits: ReadLimits
    private var seen: Set<String> = []
    private var count = 0
    private var total: Int64 = 0

    init(archive: String, limits: ReadLimits) {
        self.archive = archive
        self.limits = limits
    }

    /// Nil for the archive's own root directory (`.` or `./`), which stands for nothing.
    mutating func admit(_ header: MemberHeader, at offset: Int64) throws(ArchiveError) -> ArchiveMember? {
        count += 1
        guard count <= limits.memberCount else { throw exceeded("the number of members", Int64(limits.memberCount)) }
        guard let rawPath = header.path else {
            throw .refusedMember(archive: archive, member: "number \(count)", reason: "its name is not text")
        }
        guard rawPath.utf8.count <= limits.pathLength else {
            throw exceeded("the length of the name \"\(printable(rawPath))\"", Int64(limits.pathLength))
        }
        let name = printable(rawPath)
        if header.isHardLink { throw refused(name, "it is a hard link; only files and directories are accepted") }
        guard let type = header.type, type == .regular || type == .directory else {
            let kind = header.type?.name ?? "of an unknown type"
            throw refused(name, "it is \(kind); only files and directories are accepted")
        }
        let isDirectory = type == .directory
        guard let path = Self.normal(rawPath, isDirectory: isDirectory) else { return nil }
        try ArchiveEntry.check(path: path, in: archive)
        guard seen.insert(path).inserted else { throw refused(name, "it occurs twice") }
        if header.isSparse { throw refused(name, "it is stored with holes, which is not accepted") }
        guard let size = isDirectory ? 0 : header.size, size >= 0 else { throw refused(name, "it has no valid size") }
        guard size <= limits.memberSize else {
            throw exceeded("the size of member \"\(name)\" (\(size) bytes)", limits.memberSize)
        }
        guard size <= limits.totalSize - total else { throw exceeded("the size of all members", limits.totalSize) }
        total += size
        return ArchiveMember(
            path: path, isDirectory: isDirectory, size: size, permissions: header.permissions,
            modified: header.modified, contentOffset: offset)
    }

    /// Without the `./` some programs put in front, and the slash that marks a directory behind.
    static func normal(_ raw: String, isDirectory: Bool) -> String? {
        var path = raw[...]
        if path.utf8.starts(with: "./".utf8) { path = path.dropFirst(2) }
        if isDirectory, path.utf8.last == UInt8(ascii: "/") { path = path.dropLast() }
        return isDirectory && (path.isEmpty || path == ".") ? nil : String(path)
    }

    private func refused(_ member: String, _ reason: String) -> ArchiveError {
        .refusedMember(archive: archive, member: member, reason: reason)
    }

    private func exceeded(_ what: String, _ limit: Int64) -> ArchiveError {
        .limitExceeded(archive: archive, what: what, limit: limit)
    }
}
