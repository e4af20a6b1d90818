public import Values

/// A regular file inside an archive. The lock finds out what it is; machine.json and depot.json name it in the same words.
public struct PayloadMember: Hashable, Sendable {
    /// The most members of one archive that any document may name.
    public static let listLimit = 10_000

    /// The path inside the archive, without a leading `./`.
    public let path: String
    public let digest: Digest
    /// Bytes.
    public let size: Int64
    /// Used where a whole archive is placed; a single member gets the mode that machine.json names for its place.
    public let mode: Permissions

    /// Keeps the nine permission bits of the mode: nothing that an archive brings runs as somebody else.
    public init(path: String, digest: Digest, size: Int64, mode: Permissions = 0o755) {
        self.path = path
        self.digest = digest
        self.size = size
        self.mode = Permissions(bits: mode.bits & 0o777)
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        try cursor.only(["path", "digest", "size", "mode"])
        path = try cursor.required("path").relativePath()
        digest = try cursor.required("digest").digest()
        size = try cursor.required("size").integer(in: 0 ... .max)
        mode = try cursor.required("mode").payloadMode()
    }

    /// A list of members; a path occurs once.
    static func list(_ cursor: JSONCursor) throws(FormatError) -> [PayloadMember] {
        let members = try cursor.list(limit: listLimit) { (entry) throws(FormatError) in
            try PayloadMember(decoding: entry)
        }
        var seen: Set<String> = []
        for member in members where !seen.insert(member.path).inserted {
            throw cursor.refused("member \"\(printable(member.path))\" occurs twice")
        }
        return members
    }

    var json: JSONValue {
        [
            "path": .string(path), "digest": .string(digest.description), "size": .integer(size),
            "mode": .string(mode.description),
        ]
    }
}

extension JSONCursor {
    /// The mode of a file that comes from outside.
    func payloadMode() throws(FormatError) -> Permissions {
        let mode = try mode()
        guard mode.bits & 0o7000 == 0 else {
            throw refused("no file of a payload runs as somebody else: expected 0000 to 0777, found \(mode)")
        }
        return mode
    }
}
