import CArchive
public import SystemPackage

/// A single file that was compressed by gzip or xz, not an archive.
public enum CompressedFile {
    /// Everything that comes out, as one array.
    ///
    /// The descriptor stays the caller's and is read from its start. `subject` is what errors call the file.
    ///
    /// - Parameter limit: more bytes than this are refused before they are kept.
    public static func bytes(
        of descriptor: FileDescriptor, subject: String, limit: Int64
    ) throws(ArchiveError) -> [UInt8] {
        let handle = try ReadHandle.create(subject: subject)
        try handle.check(unsafe archive_read_support_filter_gzip(handle.archive), "read")
        // Not OK where it would be left to an external program.
        try handle.check(unsafe archive_read_support_filter_xz(handle.archive), "read")
        try handle.check(unsafe archive_read_support_format_raw(handle.archive), "read")
        do { try descriptor.seek(offset: 0, from: .start) } catch {
            throw .system(operation: "read", subject: subject, error: error as? Errno ?? .ioError)
        }
        try handle.check(unsafe archive_read_open_fd(handle.archive, descriptor.rawValue, 256 << 10), "read")
        guard unsafe archive_filter_count(handle.archive) == 2 else {
            throw .wrongFormat(archive: subject, reason: "it is not compressed by gzip or xz, or more than once")
        }
        // Nothing inside: the format for single files then has no member.
        guard try handle.nextHeader() != nil else { return [] }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(min(limit, 128 << 20)))
        while true {
            var start: UnsafeRawPointer?
            var count = 0
            var offset: la_int64_t = 0
            let status = unsafe archive_read_data_block(handle.archive, &start, &count, &offset)
            if status == ARCHIVE_EOF { return bytes }
            try handle.check(status, "read")
            guard Int64(offset) == Int64(bytes.count), Int64(count) <= limit - Int64(bytes.count) else {
                throw .limitExceeded(archive: subject, what: "what is compressed in it", limit: limit)
            }
            unsafe bytes.append(contentsOf: UnsafeRawBufferPointer(start: start, count: count))
        }
    }
}
