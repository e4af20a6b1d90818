/// What lstat(2) says of a path.
struct FileStatus: Hashable {
    enum Kind: Hashable {
        case file, directory, link, other

        /// In an error message: `a directory`.
        var name: String {
            switch self {
            case .file: "a file"
            case .directory: "a directory"
            case .link: "a symbolic link"
            case .other: "a device, socket or pipe"
            }
        }
    }

    let kind: Kind
    /// Twelve bits.
    let mode: UInt16
    let owner: OwnerIDs
    /// Bytes.
    let size: Int64
    let stamp: FileStamp
    let device: UInt64

    /// Whether both are one file with two names.
    func isSameFile(as other: FileStatus) -> Bool { device == other.device && stamp.inode == other.stamp.inode }
}

/// The numeric owner of a file.
struct OwnerIDs: Hashable {
    let user: UInt32
    let group: UInt32
}
