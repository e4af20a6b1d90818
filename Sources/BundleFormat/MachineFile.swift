public import Values

/// A file the applier places from the seed.
public struct MachineFile: Hashable, Sendable {
    /// Where it goes on the machine.
    public let path: String
    /// Where it stands in the seed, relative to the seed's root.
    public let source: String
    public let digest: Digest
    /// Bytes.
    public let size: Int64
    public let mode: Permissions
    public let owner: String
    public let group: String
    /// Holds a secret: never shown in a diff, never wider than its mode at any instant.
    public let isSecret: Bool

    public init(
        path: String, source: String, digest: Digest, size: Int64, mode: Permissions, owner: String, group: String,
        isSecret: Bool
    ) {
        self.path = path
        self.source = source
        self.digest = digest
        self.size = size
        self.mode = mode
        self.owner = owner
        self.group = group
        self.isSecret = isSecret
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        try cursor.only(["path", "source", "digest", "size", "mode", "owner", "group", "secret"])
        path = try cursor.required("path").absolutePath()
        source = try cursor.required("source").relativePath()
        digest = try cursor.required("digest").digest()
        size = try cursor.required("size").size()
        mode = try cursor.required("mode").fileMode()
        owner = try cursor.required("owner").accountName()
        group = try cursor.required("group").accountName()
        isSecret = try cursor.required("secret").bool()
        guard !isSecret || mode.bits & 0o007 == 0 else {
            throw try cursor.required("mode").refused("a secret file may not be open to others (\(mode))")
        }
    }

    var json: JSONValue {
        [
            "path": .string(path), "source": .string(source), "digest": .string(digest.description),
            "size": .integer(size), "mode": .string(mode.description), "owner": .string(owner),
            "group": .string(group), "secret": .bool(isSecret),
        ]
    }
}

/// A directory the applier makes, or whose mode and owner it corrects.
public struct MachineDirectory: Hashable, Sendable {
    public let path: String
    public let mode: Permissions
    public let owner: String
    public let group: String

    public init(path: String, mode: Permissions, owner: String, group: String) {
        self.path = path
        self.mode = mode
        self.owner = owner
        self.group = group
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        try cursor.only(["path", "mode", "owner", "group"])
        path = try cursor.required("path").absolutePath()
        mode = try cursor.required("mode").fileMode()
        owner = try cursor.required("owner").accountName()
        group = try cursor.required("group").accountName()
    }

    var json: JSONValue {
        [
            "path": .string(path), "mode": .string(mode.description), "owner": .string(owner), "group": .string(group),
        ]
    }
}
