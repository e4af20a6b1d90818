import BundleFormat
import CArchive
import Values

/// The owner of a `struct archive *` that reads.
@safe
struct ReadHandle: ~Copyable {
    /// Valid until the owner goes; never stored elsewhere.
    let archive: OpaquePointer
    /// What error messages call the archive.
    let subject: String

    static func create(subject: String) throws(ArchiveError) -> ReadHandle {
        guard let archive = unsafe archive_read_new() else {
            throw .library(operation: "read", subject: subject, message: "out of memory")
        }
        return unsafe ReadHandle(archive: archive, subject: subject)
    }

    private init(archive: OpaquePointer, subject: String) {
        unsafe self.archive = archive
        self.subject = subject
    }

    deinit { _ = unsafe archive_read_free(archive) }

    /// Turns any status but OK, warnings included, into an error with libarchive's own words.
    func check(_ status: CInt, _ operation: String) throws(ArchiveError) {
        guard status == ARCHIVE_OK else { throw failure(operation) }
    }

    func failure(_ operation: String) -> ArchiveError {
        .library(operation: operation, subject: subject, message: unsafe libraryMessage(of: archive))
    }

    /// Bytes of the archive that are used up.
    var position: Int64 { unsafe archive_filter_bytes(archive, 0) }

    /// The header of the next member, nil at the end. With `lenient` a warning, such as a name outside ASCII, is no error.
    func nextHeader(lenient: Bool = false) throws(ArchiveError) -> MemberHeader? {
        var entry: OpaquePointer?
        let status = unsafe archive_read_next_header(archive, &entry)
        if status == ARCHIVE_EOF { return nil }
        if !lenient || status != ARCHIVE_WARN { try check(status, "read") }
        guard let entry = unsafe entry else { throw failure("read") }
        return unsafe MemberHeader(entry)
    }

    /// Gives the current member's content to `body` in pieces that are valid during the call only. The pieces must follow one
    /// another without holes and make up `size` bytes.
    func stream(_ member: ArchiveMember, _ body: (Span<UInt8>) throws -> Void) throws {
        var received: Int64 = 0
        while true {
            var start: UnsafeRawPointer?
            var count = 0
            var offset: la_int64_t = 0
            let status = unsafe archive_read_data_block(archive, &start, &count, &offset)
            if status == ARCHIVE_EOF { break }
            try check(status, "read member \"\(member.path)\" of")
            guard Int64(offset) == received, Int64(count) <= member.size - received else {
                throw ArchiveError.refusedMember(
                    archive: subject, member: member.path, reason: "its content does not fill the size it declares")
            }
            received += Int64(count)
            guard count > 0 else { continue }
            let bytes = unsafe UnsafeRawBufferPointer(start: start, count: count).assumingMemoryBound(to: UInt8.self)
            try body(unsafe bytes.span)
        }
        guard received == member.size else {
            throw ArchiveError.truncated(
                archive: subject, detail: "member \"\(member.path)\" has \(received) of \(member.size) bytes")
        }
    }

    /// The whole content of the current member.
    func bytes(of member: ArchiveMember) throws(ArchiveError) -> [UInt8] {
        var result: [UInt8] = []
        // The size comes from outside: beyond a little, memory is taken as bytes really arrive.
        result.reserveCapacity(Int(min(member.size, 1 << 20)))
        do {
            try stream(member) { piece in
                unsafe piece.withUnsafeBufferPointer { unsafe result.append(contentsOf: $0) }
            }
        } catch {
            throw error as? ArchiveError ?? failure("read")
        }
        return result
    }

    /// Passes over what is left of the current member.
    func skipRest() throws(ArchiveError) { try check(unsafe archive_read_data_skip(archive), "read") }
}

/// What an archive says about a member, before any of it is believed.
struct MemberHeader {
    let path: String?
    /// Nil for a type archive_entry.h does not name.
    let type: FileType?
    let isHardLink: Bool
    let isSparse: Bool
    /// Nil when the archive gives none.
    let size: Int64?
    let permissions: Permissions
    let userID: Int64
    let groupID: Int64
    let modified: Int64

    @unsafe
    init(_ entry: OpaquePointer) {
        path = unsafe archive_entry_pathname(entry).flatMap { unsafe String(validatingCString: $0) }
        type = FileType(rawValue: UInt32(unsafe archive_entry_filetype(entry)))
        isHardLink = unsafe archive_entry_hardlink(entry) != nil
        isSparse = unsafe archive_entry_sparse_count(entry) > 0
        size = unsafe archive_entry_size_is_set(entry) != 0 ? Int64(unsafe archive_entry_size(entry)) : nil
        permissions = Permissions(bits: UInt16(truncatingIfNeeded: unsafe archive_entry_perm(entry)))
        userID = Int64(unsafe archive_entry_uid(entry))
        groupID = Int64(unsafe archive_entry_gid(entry))
        modified = Int64(unsafe archive_entry_mtime(entry))
    }
}
