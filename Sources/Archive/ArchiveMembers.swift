internal import BundleFormat
internal import CArchive
public import SystemPackage
import Values

/// Takes single files out of an archive that upstream published: tar, tar with gzip, or zip.
///
/// What is asked for must be a regular file that occurs once; what is not asked for may be anything and is passed over. Nothing
/// is ever written to a path the archive names: the caller gets bytes.
public enum ArchiveMembers {
    /// Gives the content of the current member to a function in pieces that are valid during the call only.
    public typealias Content = ((Span<UInt8>) throws -> Void) throws -> Void

    /// Calls `body` for each file among `names` in the order of the archive, or for all files when `names` is nil; then links
    /// and devices are refused. A leading `./` is left out of a member's path.
    ///
    /// The descriptor stays the caller's and is read from its start. `subject` is what errors call the archive.
    ///
    /// - Throws: ``ArchiveError`` also when a name is missing, after `body` was called for those that are there.
    public static func extract(
        _ names: Set<String>?, from descriptor: FileDescriptor, subject: String, limits: ReadLimits = .payload,
        _ body: (ArchiveMember, Content) throws -> Void
    ) throws {
        let handle = try opened(descriptor, subject)
        var gate = MemberGate(archive: subject, limits: limits)
        var missing = names ?? []
        var known: [String] = []
        var count = 0
        while let header = try handle.nextHeader(lenient: true) {
            count += 1
            guard count <= limits.memberCount else {
                throw ArchiveError.limitExceeded(
                    archive: subject, what: "the number of members", limit: Int64(limits.memberCount))
            }
            // What is passed over is decompressed too.
            guard (header.size ?? 0) <= limits.totalSize - handle.position else {
                throw ArchiveError.limitExceeded(
                    archive: subject, what: "the size of all members", limit: limits.totalSize)
            }
            if known.count < 20, header.type == .regular, let path = header.path { known.append(printable(path)) }
            if let names {
                guard let path = header.path.flatMap({ MemberGate.normal($0, isDirectory: header.type == .directory) }),
                    names.contains(path)
                else { continue }
            }
            guard let member = try gate.admit(header, at: handle.position) else { continue }
            if member.isDirectory {
                guard names == nil else {
                    throw ArchiveError.refusedMember(
                        archive: subject, member: member.path, reason: "it is a directory; a file is needed")
                }
                continue
            }
            missing.remove(member.path)
            var isTaken = false
            try body(member) { consume in
                isTaken = true
                try handle.stream(member, consume)
            }
            if !isTaken { try handle.skipRest() }
        }
        guard missing.isEmpty else {
            throw ArchiveError.missingMembers(archive: subject, members: missing.sorted(), known: known)
        }
    }

    private static func opened(_ descriptor: FileDescriptor, _ subject: String) throws(ArchiveError) -> ReadHandle {
        let handle = try ReadHandle.create(subject: subject)
        try handle.check(unsafe archive_read_support_filter_gzip(handle.archive), "read")
        try handle.check(unsafe archive_read_support_format_tar(handle.archive), "read")
        try handle.check(unsafe archive_read_support_format_zip(handle.archive), "read")
        // Apple's libarchive would hide "._name" members.
        try handle.check(unsafe archive_read_set_options(handle.archive, "!mac-ext"), "read")
        do { try descriptor.seek(offset: 0, from: .start) } catch {
            throw .system(operation: "read", subject: subject, error: error as? Errno ?? .ioError)
        }
        try handle.check(unsafe archive_read_open_fd(handle.archive, descriptor.rawValue, 256 << 10), "read")
        // One filter and the one that passes bytes on. Libarchive would undo 25, and each multiplies what comes out by up to 1000
        // while nothing of it is a member yet that a limit could count.
        guard unsafe archive_filter_count(handle.archive) <= 2 else {
            throw .limitExceeded(archive: subject, what: "how often it is compressed", limit: 1)
        }
        return handle
    }
}
