import BundleFormat
public import Values

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
