internal import CArchive
public import SystemPackage

/// Reads a tar from outside, member by member, and stops at the first thing that is not as it should be.
///
/// Accepted are uncompressed tar archives (ustar, pax, GNU) of regular files and directories. Refused, each with one error:
/// links, devices, holes, absolute paths, `..`, a path that occurs twice, anything above the limits, other formats, compressed
/// archives, a missing end mark, data behind the end mark. libarchive itself takes a missing end mark for a good end.
public struct TarReader: ~Copyable {
    private let handle: ReadHandle
    private let source: TarSource
    private var gate: MemberGate
    private var current: ArchiveMember?
    private var isFinished = false

    private init(handle: consuming ReadHandle, source: TarSource, limits: ReadLimits) {
        gate = MemberGate(archive: source.subject, limits: limits)
        self.handle = handle
        self.source = source
    }

    /// Begins at the start of a regular file. The descriptor stays the caller's and must stay open while the reader lives.
    /// `subject` is what errors call the archive, best its path.
    public static func open(
        _ descriptor: FileDescriptor, subject: String, limits: ReadLimits = .bundle
    ) throws(ArchiveError) -> TarReader {
        let source = try TarSource(file: descriptor, subject: subject)
        try source.checkBeginning()
        let handle = try formatted(subject: subject)
        do { try descriptor.seek(offset: 0, from: .start) } catch {
            throw .system(operation: "read", subject: subject, error: error as? Errno ?? .ioError)
        }
        try handle.check(unsafe archive_read_open_fd(handle.archive, descriptor.rawValue, 256 << 10), "read")
        return TarReader(handle: handle, source: source, limits: limits)
    }

    /// The files and directories of a small tar in memory.
    public static func entries(
        in bytes: [UInt8], subject: String, limits: ReadLimits = .inMemory
    ) throws(ArchiveError) -> [ArchiveEntry] {
        let source = TarSource(memory: bytes, subject: subject)
        try source.checkBeginning()
        var result: Result<[ArchiveEntry], ArchiveError> = .success([])
        // The reader keeps the pointer, so it lives and dies in here.
        unsafe bytes.withUnsafeBytes { buffer in
            do throws(ArchiveError) {
                let handle = try formatted(subject: subject)
                try handle.check(
                    unsafe archive_read_open_memory(handle.archive, buffer.baseAddress, buffer.count), "read")
                var reader = TarReader(handle: handle, source: source, limits: limits)
                result = .success(try reader.collect())
            } catch {
                result = .failure(error)
            }
        }
        return try result.get()
    }

    private mutating func collect() throws(ArchiveError) -> [ArchiveEntry] {
        var entries: [ArchiveEntry] = []
        while let member = try next() {
            let kind: ArchiveEntry.Kind = member.isDirectory ? .directory : .file(try bytes())
            entries.append(
                try ArchiveEntry(
                    path: member.path, kind: kind, permissions: member.permissions, modified: member.modified))
        }
        return entries
    }

    private static func formatted(subject: String) throws(ArchiveError) -> ReadHandle {
        let handle = try ReadHandle.create(subject: subject)
        try handle.check(unsafe archive_read_support_format_tar(handle.archive), "read")
        // Apple's libarchive would hide "._name" members.
        try handle.check(unsafe archive_read_set_options(handle.archive, "!mac-ext"), "read")
        return handle
    }

    /// The next member, nil at the end; then the end mark has been checked too. Content that was not taken is passed over.
    public mutating func next() throws(ArchiveError) -> ArchiveMember? {
        while !isFinished {
            try finishCurrent()
            let end = handle.position
            guard let header = try handle.nextHeader() else {
                try source.checkEnd(afterMembers: end, afterMark: handle.position)
                isFinished = true
                return nil
            }
            if let member = try gate.admit(header, at: handle.position) {
                try source.checkContent(of: member)
                current = member
                return member
            }
        }
        return nil
    }

    private mutating func finishCurrent() throws(ArchiveError) {
        current = nil
        // Padding is passed over too, so that the position is that of the next header.
        if handle.position > 0 { try handle.skipRest() }
    }

    /// Gives the present member's content to `body` piece by piece, in constant memory. It can be taken once.
    public mutating func stream(_ body: (Span<UInt8>) throws -> Void) throws {
        guard let member = current else { throw nothingToRead }
        current = nil
        try handle.stream(member, body)
    }

    /// The present member's whole content, which may not be longer than `limit`. It can be taken once.
    public mutating func bytes(limit: Int64 = .max) throws(ArchiveError) -> [UInt8] {
        guard let member = current else { throw nothingToRead }
        guard member.size <= limit else {
            throw .limitExceeded(archive: source.subject, what: "the size of member \"\(member.path)\"", limit: limit)
        }
        current = nil
        return try handle.bytes(of: member)
    }

    private var nothingToRead: ArchiveError {
        .library(
            operation: "read", subject: source.subject, message: "no member is open, or its content has been taken")
    }
}
