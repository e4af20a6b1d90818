import BundleFormat
import CArchive
public import Values

/// Makes the ISO 9660 image of a seed: Rock Ridge and Joliet, byte-identical wherever and whenever it is made.
///
/// libarchive lays out the volume descriptors, path tables and directories of both trees. Its writer puts the time, zone, user,
/// system and its own version into the image and stages content in $TMPDIR, which must exist and would hold the machine's
/// secrets. So it is given every file as an empty pipe, for which it stages nothing; then each record gets its true type,
/// size, place, owner and time here, and the content is put behind.
public enum SeedISO {
    /// The image. Directories above entries are added with mode 0755; all times in the image are `epoch` (seconds since
    /// 1970, in the years 1970 to 2155), the entries' own times are not used.
    ///
    /// Refused: more than 8 components in a path, a component above 64 characters, the characters `* : ; ?` (Joliet would
    /// rename such a file), a path that occurs twice.
    public static func image(label: String, entries: [ArchiveEntry], epoch: Int64) throws(ArchiveError) -> [UInt8] {
        let subject = "seed \(label)"
        let date = try ISODate(epoch: epoch, subject: subject)
        let described = entries.enumerated().map { index, entry in
            ISOMember(
                path: entry.path,
                kind: entry.content.map { .file(content: index, size: Int64($0.count)) } ?? .directory,
                permissions: entry.permissions, userID: entry.userID, groupID: entry.groupID)
        }
        let members = try ISOMemberList(entries: described, label: label, subject: subject)
        // So that the array grows in place.
        let spare = entries.reduce(0) { $0 + ($1.content?.count ?? 0) + ISOImage.sectorSize }
        var image = try ISOImage(
            skeleton: ISOSkeleton.make(label: label, members: members, subject: "the " + subject, spare: spare),
            label: label, date: date)
        for extent in try image.place(members) {
            if let content = entries[extent.content].content { image.append(content) }
        }
        return image.bytes
    }
}

/// The layout of an image whose contents are too large for memory, such as a depot.
///
/// As ``SeedISO``, but only what stands before the contents is made here; the caller copies each content to its place. An
/// image is therefore made at the speed of a copy: libarchive alone would first copy all contents to $TMPDIR.
public struct StreamedISO: Sendable {
    /// A file in the image. Owner and group are 0.
    public struct File: Hashable, Sendable {
        public let path: String
        public let permissions: Permissions
        /// Bytes.
        public let size: Int64

        public init(path: String, permissions: Permissions, size: Int64) {
            self.path = path
            self.permissions = permissions
            self.size = size
        }
    }

    /// Everything before the contents: descriptors, path tables, directories.
    public let header: [UInt8]
    /// Where the content of each file that is not empty belongs, in ascending order. Gaps are zeros.
    public let extents: [ISOExtent]
    /// Bytes of the whole image.
    public let size: Int64

    /// Lays out an image. All times are `epoch`, seconds since 1970.
    ///
    /// Refused: what ``SeedISO`` refuses, and a file of 4 GiB or more.
    public init(label: String, files: [File], epoch: Int64) throws(ArchiveError) {
        let subject = "image \(label)"
        let date = try ISODate(epoch: epoch, subject: subject)
        let described = files.enumerated().map { index, file in
            ISOMember(
                path: file.path, kind: .file(content: index, size: max(file.size, 0)), permissions: file.permissions)
        }
        let members = try ISOMemberList(entries: described, label: label, subject: subject)
        var image = try ISOImage(
            skeleton: ISOSkeleton.make(label: label, members: members, subject: "the " + subject), label: label,
            date: date)
        extents = try image.place(members)
        header = image.bytes
        let end = extents.last.map { $0.offset + $0.size } ?? Int64(header.count)
        let sector = Int64(ISOImage.sectorSize)
        size = (end + sector - 1) / sector * sector
    }
}

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
