internal import BundleFormat
internal import CArchive
import Values

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
