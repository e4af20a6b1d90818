import HostSystem
internal import SystemPackage

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
