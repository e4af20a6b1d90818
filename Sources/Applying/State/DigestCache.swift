import BundleFormat
import Values

/// `digests.json`: digests of files as they were last read, so that `apply` does not read large files at each boot.
///
/// A cache and no record: it may be lost, and `check` does not believe it.
struct DigestCache {
    private struct Line: Hashable {
        let stamp: FileStamp
        let digest: Digest
    }

    private var lines: [String: Line] = [:]
    private var used: [String: Line] = [:]

    init() {}

    init(decoding cursor: JSONCursor) throws(FormatError) {
        for line in try cursor.elements(limit: GenerationRecord.listLimit) {
            lines[try line.required("path").string()] = Line(
                stamp: try FileStamp(decoding: line), digest: try line.required("digest").digest())
        }
    }

    /// Only the paths that were asked for stay.
    var json: JSONValue {
        .array(
            used.keys.sorted().compactMap { path in
                guard let line = used[path], case .object(var object) = line.stamp.json else { return nil }
                object["path"] = .string(path)
                object["digest"] = .string(line.digest.description)
                return .object(object)
            })
    }

    /// Whether something was learnt or forgotten.
    var isChanged: Bool { used != lines }

    /// The digest of the file at `path`, whose status was just read; nil when it has gone.
    mutating func digest(of path: String, _ status: FileStatus, in root: RootDirectory) throws(ApplyError) -> Digest? {
        if let line = lines[path], line.stamp == status.stamp {
            used[path] = line
            return line.digest
        }
        guard let digest = try root.digest(of: path) else { return nil }
        used[path] = Line(stamp: status.stamp, digest: digest)
        return digest
    }

    /// Notes what was just placed.
    mutating func note(_ path: String, _ status: FileStatus, _ digest: Digest) {
        used[path] = Line(stamp: status.stamp, digest: digest)
    }
}

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
