internal import BundleFormat
internal import CArchive
import Values

/// The image without content, as libarchive lays it out.
enum ISOSkeleton {
    /// libarchive's writer for ISO 9660, given every file as an empty pipe.
    ///
    /// A pipe has a record in both trees like a file, but libarchive keeps no content for it (archive_write_set_format_iso9660.c,
    /// `iso9660_write_header`: "Non regular files contents are unneeded to be saved to temporary files").
    static func make(label: String, members: ISOMemberList, subject: String, spare: Int = 0) throws(ArchiveError)
        -> [UInt8]
    {
        let handle = try WriteHandle.create(subject: subject)
        try handle.check(unsafe archive_write_set_format_iso9660(handle.archive), "begin")
        try handle.check(unsafe archive_write_set_bytes_in_last_block(handle.archive, 1), "begin")
        // strict keeps modes as they are; useful would make every file 0444. !pad leaves out 300 KiB of zeros at the end.
        let options = "volume-id=\(label),joliet,rockridge=strict,application-id=SLIPWAY,!pad"
        try handle.check(unsafe archive_write_set_options(handle.archive, options), "begin")
        let capacity = bound(members) + spare
        return try unsafe filled(capacity: capacity) { (buffer, used) throws(ArchiveError) in
            try handle.check(
                unsafe archive_write_open_memory(handle.archive, buffer.baseAddress, buffer.count, used), "begin")
            for member in members.members {
                try handle.writeHeader(
                    path: member.path, type: member.isDirectory ? .directory : .pipe,
                    permissions: member.permissions.bits, userID: 0, groupID: 0, size: 0, modified: 0)
            }
            try handle.check(unsafe archive_write_close(handle.archive), "finish")
        }
    }

    /// Bytes that are enough for the skeleton.
    private static func bound(_ members: ISOMemberList) -> Int {
        // Descriptors, path tables of four kinds at least two sectors each, the root's directories, extension records.
        var sectors = 64
        for member in members.members {
            // A file has at most 255 bytes in each tree, and a continuation. A directory has its own in both trees with a
            // continuation area, its records, its place in four path tables.
            sectors += member.isDirectory ? 5 : 1
        }
        return sectors * ISOImage.sectorSize
    }
}
