public import Values

/// A regular file that was unpacked from an archive when the depot was made.
public struct DepotMember: Hashable, Sendable {
    /// The path inside the archive, without a leading `./`.
    public let path: String
    public let digest: Digest
    /// Bytes.
    public let size: Int64
    /// The mode in the archive; used where a whole archive is placed, a single member gets the mode machine.json names.
    public let mode: Permissions

    public init(path: String, digest: Digest, size: Int64, mode: Permissions = 0o755) {
        self.path = path
        self.digest = digest
        self.size = size
        self.mode = mode
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        try cursor.only(["path", "digest", "size", "mode"])
        path = try cursor.required("path").relativePath()
        digest = try cursor.required("digest").digest()
        size = try cursor.required("size").integer(in: 0 ... .max)
        mode = try cursor.required("mode").mode()
    }

    var json: JSONValue {
        [
            "path": .string(path), "digest": .string(digest.description), "size": .integer(size),
            "mode": .string(mode.description),
        ]
    }
}
