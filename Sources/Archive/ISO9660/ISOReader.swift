internal import CArchive

/// Reads an ISO 9660 image from outside that is held in memory, such as a seed.
///
/// Accepted are regular files and directories; links, devices, names that lead out and anything above the limits are refused.
/// Rock Ridge names are preferred to Joliet ones.
public enum ISOReader {
    /// The members in bytewise order of their paths, without the root.
    public static func entries(
        in image: [UInt8], subject: String, limits: ReadLimits = .inMemory
    ) throws(ArchiveError) -> [ArchiveEntry] {
        guard !image.isEmpty else { throw .wrongFormat(archive: subject, reason: "is empty") }
        var result: Result<[ArchiveEntry], ArchiveError> = .success([])
        unsafe image.withUnsafeBytes { buffer in
            do throws(ArchiveError) {
                let handle = try ReadHandle.create(subject: subject)
                try handle.check(unsafe archive_read_support_format_iso9660(handle.archive), "read")
                try handle.check(
                    unsafe archive_read_open_memory(handle.archive, buffer.baseAddress, buffer.count), "read")
                result = .success(try members(of: handle, limits: limits))
            } catch {
                result = .failure(error)
            }
        }
        return try result.get().sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    }

    private static func members(
        of handle: borrowing ReadHandle, limits: ReadLimits
    ) throws(ArchiveError) -> [ArchiveEntry] {
        var gate = MemberGate(archive: handle.subject, limits: limits)
        var entries: [ArchiveEntry] = []
        while let header = try handle.nextHeader() {
            guard let member = try gate.admit(header, at: 0) else { continue }
            let kind: ArchiveEntry.Kind = member.isDirectory ? .directory : .file(try handle.bytes(of: member))
            entries.append(
                try ArchiveEntry(
                    path: member.path, kind: kind, permissions: member.permissions,
                    userID: UInt32(truncatingIfNeeded: header.userID),
                    groupID: UInt32(truncatingIfNeeded: header.groupID),
                    modified: member.modified))
        }
        return entries
    }
}
