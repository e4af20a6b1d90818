import BundleFormat
internal import CArchive
public import SystemPackage
public import Values

/// Writes a tar in the format "pax restricted": plain ustar until a member does not fit (POSIX.1-2001, pax).
///
/// The bytes depend on the members and their order only. The archive is complete only after `finish()`; a writer that goes
/// without it leaves no end mark, so that a reader reports a truncated archive.
public struct TarWriter: ~Copyable {
    private let handle: WriteHandle
    private var paths: Set<String> = []

    private init(handle: consuming WriteHandle) { self.handle = handle }

    /// Begins a tar at the descriptor's present position. The descriptor stays the caller's, who closes it after `finish()`.
    /// `subject` is what errors call the archive, best its path.
    public static func create(on descriptor: FileDescriptor, subject: String) throws(ArchiveError) -> TarWriter {
        let handle = try formatted(subject: subject)
        // Larger writes than libarchive's 10 KiB; the bytes are the same.
        try handle.check(unsafe archive_write_set_bytes_per_block(handle.archive, 256 << 10), "begin")
        try handle.check(unsafe archive_write_open_fd(handle.archive, descriptor.rawValue), "begin")
        return TarWriter(handle: handle)
    }

    private static func formatted(subject: String) throws(ArchiveError) -> WriteHandle {
        let handle = try WriteHandle.create(subject: subject)
        try handle.check(unsafe archive_write_set_format_pax_restricted(handle.archive), "begin")
        // Without this the end is padded differently on a pipe, a device and a file.
        try handle.check(unsafe archive_write_set_bytes_in_last_block(handle.archive, 1), "begin")
        return handle
    }

    /// Writes a member that is held in memory.
    public mutating func append(_ entry: ArchiveEntry) throws(ArchiveError) {
        try reserve(entry.path)
        try Self.write(entry, to: handle)
    }

    /// Writes a file of `size` bytes which `body` gives, piece by piece, to the function it receives. More or fewer bytes than
    /// `size` are an error, after which the archive is of no use.
    public mutating func append(
        path: String, size: Int64, permissions: Permissions = 0o644, modified: Int64 = 0,
        body: ((Span<UInt8>) throws -> Void) throws -> Void
    ) throws {
        try ArchiveEntry.check(path: path, in: handle.subject)
        try reserve(path)
        try handle.writeHeader(
            path: path, type: .regular, permissions: permissions.bits, userID: 0, groupID: 0, size: size,
            modified: modified)
        var written: Int64 = 0
        try body { bytes in
            written += Int64(bytes.count)
            guard written <= size else { throw wrongSize(path, expected: size, "more") }
            try handle.writeData(bytes, path: path)
        }
        guard written == size else { throw wrongSize(path, expected: size, "\(written)") }
    }

    /// Copies `size` bytes from the present position of another descriptor into a member, in constant memory.
    public mutating func append(
        path: String, copying source: FileDescriptor, size: Int64, permissions: Permissions = 0o644, modified: Int64 = 0
    ) throws {
        try append(path: path, size: size, permissions: permissions, modified: modified) { write in
            var buffer = [UInt8](repeating: 0, count: 1 << 20)
            var remaining = size
            while remaining > 0 {
                let wanted = Int(min(remaining, Int64(buffer.count)))
                let count = try unsafe buffer.withUnsafeMutableBytes { bytes in
                    try unsafe source.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<wanted]))
                }
                guard count > 0 else { return }
                try write(buffer.span.extracting(first: count))
                remaining -= Int64(count)
            }
        }
    }

    /// Writes the end mark: two blocks of zeros, and no padding after them.
    public consuming func finish() throws(ArchiveError) {
        try handle.check(unsafe archive_write_close(handle.archive), "finish")
    }

    /// A whole tar in memory, for small ones.
    public static func bytes(of entries: [ArchiveEntry], subject: String = "a tar in memory") throws(ArchiveError)
        -> [UInt8]
    {
        let handle = try formatted(subject: subject)
        var paths: Set<String> = []
        var bound = 1024
        for entry in entries {
            guard paths.insert(entry.path).inserted else { throw repeated(entry.path, in: subject) }
            // A header, the content and its padding; and a pax header with the path in it, where ustar has no room for that.
            let path = entry.path.utf8.count
            bound += 512 + (entry.content?.count ?? 0) + 512 + (path < 100 ? 0 : 4096 + 2 * path)
        }
        return try unsafe filled(capacity: bound) { (buffer, used) throws(ArchiveError) in
            try handle.check(
                unsafe archive_write_open_memory(handle.archive, buffer.baseAddress, buffer.count, used), "begin")
            for entry in entries { try write(entry, to: handle) }
            try handle.check(unsafe archive_write_close(handle.archive), "finish")
        }
    }

    private static func write(_ entry: ArchiveEntry, to handle: borrowing WriteHandle) throws(ArchiveError) {
        let type: FileType = entry.kind == .directory ? .directory : .regular
        try handle.writeHeader(
            path: entry.path, type: type, permissions: entry.permissions.bits, userID: entry.userID,
            groupID: entry.groupID, size: Int64(entry.content?.count ?? 0), modified: entry.modified)
        if let content = entry.content { try handle.writeData(content.span, path: entry.path) }
    }

    private mutating func reserve(_ path: String) throws(ArchiveError) {
        guard paths.insert(path).inserted else { throw Self.repeated(path, in: handle.subject) }
    }

    private static func repeated(_ path: String, in subject: String) -> ArchiveError {
        .refusedMember(archive: subject, member: path, reason: "it is written twice")
    }

    private func wrongSize(_ path: String, expected: Int64, _ found: String) -> ArchiveError {
        .refusedMember(archive: handle.subject, member: path, reason: "\(expected) bytes were announced, \(found) came")
    }
}

/// An array of what libarchive writes into a buffer of `capacity` bytes; `body` gets the buffer and where to count.
func filled(
    capacity: Int, _ body: (UnsafeMutableBufferPointer<UInt8>, UnsafeMutablePointer<Int>) throws(ArchiveError) -> Void
) throws(ArchiveError) -> [UInt8] {
    var failure: ArchiveError?
    let result = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
        var used = 0
        do throws(ArchiveError) { try unsafe body(buffer, &used) } catch { failure = error }
        count = failure == nil ? used : 0
    }
    if let failure { throw failure }
    return result
}
