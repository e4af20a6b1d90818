import CArchive

/// The owner of a `struct archive *` that writes, and of the entry it describes members with.
@safe
struct WriteHandle: ~Copyable {
    /// Valid until the owner goes; never stored elsewhere.
    let archive: OpaquePointer
    private let entry: OpaquePointer
    /// What error messages call the archive.
    let subject: String

    static func create(subject: String) throws(ArchiveError) -> WriteHandle {
        guard let archive = unsafe archive_write_new() else {
            throw .library(operation: "write", subject: subject, message: "out of memory")
        }
        guard let entry = unsafe archive_entry_new() else {
            unsafe archive_write_free(archive)
            throw .library(operation: "write", subject: subject, message: "out of memory")
        }
        return unsafe WriteHandle(archive: archive, entry: entry, subject: subject)
    }

    private init(archive: OpaquePointer, entry: OpaquePointer, subject: String) {
        unsafe self.archive = archive
        unsafe self.entry = entry
        self.subject = subject
    }

    deinit {
        unsafe archive_entry_free(entry)
        // An archive that was not closed must not get an end that makes it look complete.
        _ = unsafe archive_write_fail(archive)
        _ = unsafe archive_write_free(archive)
    }

    /// Turns any status but OK, warnings included, into an error with libarchive's own words.
    func check(_ status: CInt, _ operation: String) throws(ArchiveError) {
        guard status == ARCHIVE_OK else {
            throw .library(operation: operation, subject: subject, message: unsafe libraryMessage(of: archive))
        }
    }

    /// The members libarchive is told to write: exactly path, type, size, mode, owner and modification time.
    func writeHeader(
        path: String, type: FileType, permissions: UInt16, userID: UInt32, groupID: UInt32, size: Int64, modified: Int64
    ) throws(ArchiveError) {
        unsafe archive_entry_clear(entry)
        unsafe archive_entry_set_pathname(entry, path)
        unsafe archive_entry_set_filetype(entry, type.rawValue)
        unsafe archive_entry_set_perm(entry, .init(permissions))
        unsafe archive_entry_set_uid(entry, Int64(userID))
        unsafe archive_entry_set_gid(entry, Int64(groupID))
        unsafe archive_entry_set_size(entry, size)
        unsafe archive_entry_set_mtime(entry, .init(modified), 0)
        try check(unsafe archive_write_header(archive, entry), "write member \"\(path)\" of")
    }

    /// Writes content of the current member, all of it.
    func writeData(_ bytes: Span<UInt8>, path: String) throws(ArchiveError) {
        let written = unsafe bytes.withUnsafeBytes { buffer in
            unsafe buffer.isEmpty ? 0 : archive_write_data(archive, buffer.baseAddress, buffer.count)
        }
        guard written == bytes.count else {
            let message =
                written < 0 ? unsafe libraryMessage(of: archive) : "\(written) of \(bytes.count) bytes were taken"
            throw .library(operation: "write member \"\(path)\" of", subject: subject, message: message)
        }
    }
}

/// libarchive's description of the last failure.
@unsafe
func libraryMessage(of archive: OpaquePointer) -> String {
    guard let text = unsafe archive_error_string(archive) else { return "no reason given" }
    return unsafe String(cString: text)
}

/// The `AE_IF…` constants of archive_entry.h, which are C casts and so not imported.
enum FileType: UInt32 {
    case regular = 0o100000
    case directory = 0o040000
    case symbolicLink = 0o120000
    case characterDevice = 0o020000
    case blockDevice = 0o060000
    case pipe = 0o010000
    case socket = 0o140000

    /// What an error message calls it.
    var name: String {
        switch self {
        case .regular: "a file"
        case .directory: "a directory"
        case .symbolicLink: "a symbolic link"
        case .characterDevice, .blockDevice: "a device"
        case .pipe: "a pipe"
        case .socket: "a socket"
        }
    }
}
