import BundleFormat

/// What changes whenever a file's content does, so that an unchanged file need not be read again.
///
/// The time of change (ctime) cannot be set back by a program, unlike the time of modification.
struct FileStamp: Hashable {
    let inode: UInt64
    let size: Int64
    /// Nanoseconds since 1970.
    let modified: Int64
    /// Nanoseconds since 1970.
    let changed: Int64

    init(inode: UInt64, size: Int64, modified: Int64, changed: Int64) {
        self.inode = inode
        self.size = size
        self.modified = modified
        self.changed = changed
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        inode = UInt64(bitPattern: try cursor.required("inode").integer())
        size = try cursor.required("size").integer()
        modified = try cursor.required("modified").integer()
        changed = try cursor.required("changed").integer()
    }

    var json: JSONValue {
        [
            "inode": .integer(Int64(bitPattern: inode)), "size": .integer(size), "modified": .integer(modified),
            "changed": .integer(changed),
        ]
    }
}
