import CArchive
import HostSystem
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

/// The bytes behind a tar reader, for looking at the beginning and the end, which libarchive does not judge as we need it.
struct TarSource {
    private enum Storage {
        case file(FileDescriptor)
        case memory([UInt8])
    }

    private let storage: Storage
    private let size: Int64
    let subject: String

    /// Zeros behind the end mark that are accepted: GNU tar pads to its record size.
    private static let paddingLimit: Int64 = 1 << 20
    private static let blockSize: Int64 = 512

    init(file descriptor: FileDescriptor, subject: String) throws(ArchiveError) {
        let status: SystemCalls.Status
        do { status = try SystemCalls.status(of: descriptor) } catch {
            throw .system(operation: "read", subject: subject, error: error)
        }
        guard status.kind == .regular else { throw .wrongFormat(archive: subject, reason: "is not a regular file") }
        storage = .file(descriptor)
        size = status.size
        self.subject = subject
    }

    init(memory bytes: [UInt8], subject: String) {
        storage = .memory(bytes)
        size = Int64(bytes.count)
        self.subject = subject
    }

    /// Says plainly what a file is that is no tar.
    func checkBeginning() throws(ArchiveError) {
        guard size > 0 else { throw .wrongFormat(archive: subject, reason: "is empty") }
        let start = try read(at: 0, count: Int(min(size, 6)))
        let known: [([UInt8], String)] = [
            ([0x1F, 0x8B], "gzip"), ([0x28, 0xB5, 0x2F, 0xFD], "zstd"), ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "xz"),
            ([0x42, 0x5A, 0x68], "bzip2"), ([0x50, 0x4B, 0x03, 0x04], "zip"), ([0x50, 0x4B, 0x05, 0x06], "zip"),
        ]
        for (magic, name) in known where start.starts(with: magic) {
            throw .wrongFormat(
                archive: subject, reason: "is not an uncompressed tar archive but \(name); unpack it with \(name) first"
            )
        }
        guard size >= Self.blockSize else {
            throw .wrongFormat(archive: subject, reason: "is not a tar archive: \(size) bytes")
        }
    }

    /// Checks that the file goes on as far as a member says, before any of it is read.
    func checkContent(of member: ArchiveMember) throws(ArchiveError) {
        let available = size - member.contentOffset
        guard member.size <= available else {
            throw .truncated(
                archive: subject,
                detail: "member \"\(member.path)\" has \(member.size) bytes, of which \(max(available, 0)) are there")
        }
    }

    /// Checks the two zero blocks between `members` and `mark`, and that only zeros follow (POSIX pax, "ustar Interchange Format").
    func checkEnd(afterMembers members: Int64, afterMark mark: Int64) throws(ArchiveError) {
        guard mark - members >= 2 * Self.blockSize else {
            throw .truncated(archive: subject, detail: "the end mark is missing after \(members) bytes")
        }
        guard size - mark <= Self.paddingLimit else { throw junk(at: mark) }
        var offset = mark
        while offset < size {
            let piece = try read(at: offset, count: Int(min(size - offset, 1 << 16)))
            guard !piece.isEmpty else { return }
            if let place = piece.firstIndex(where: { $0 != 0 }) { throw junk(at: offset + Int64(place)) }
            offset += Int64(piece.count)
        }
    }

    private func junk(at offset: Int64) -> ArchiveError {
        .wrongFormat(archive: subject, reason: "something follows the end of the archive, at byte \(offset)")
    }

    private func read(at offset: Int64, count: Int) throws(ArchiveError) -> [UInt8] {
        switch storage {
        case .memory(let bytes):
            let start = Int(offset)
            return Array(bytes[start..<min(start + count, bytes.count)])
        case .file(let descriptor):
            var buffer = [UInt8](repeating: 0, count: count)
            do {
                let got = try unsafe buffer.withUnsafeMutableBytes { bytes in
                    try unsafe descriptor.read(fromAbsoluteOffset: offset, into: bytes)
                }
                return Array(buffer[..<got])
            } catch {
                throw .system(operation: "read", subject: subject, error: error as? Errno ?? .ioError)
            }
        }
    }
}
