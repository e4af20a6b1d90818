public import Values

/// A payload the machine needs from the depot, and what becomes of it.
public struct MachinePayload: Hashable, Sendable {
    /// What the applier does with the payload.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// The file itself is placed at `path`.
        case binary
        /// One `member` of an archive is placed at `path`.
        case archiveMember = "archive-member"
        /// A whole archive is unpacked into the directory `path`.
        case archive
        /// Debian packages are installed: the one that is the payload, or all its members, stage by stage.
        case deb
        /// A container image is imported: an archive that is the payload, or one that is made of its members.
        case image
    }

    public let name: String
    /// Nil only while the lock file does not know the payload yet; the applier refuses such a payload.
    public let digest: Digest?
    /// Bytes.
    public let size: Int64?
    public let kind: Kind
    /// The path inside the archive, for `archiveMember`.
    public let member: String?
    /// The target on the machine, for `binary`, `archiveMember` and `archive`.
    public let path: String?
    public let mode: Permissions?
    /// What the lock knows of the archive's files that are placed: the one `member`, or all of an `archive`. Nil while it does not
    /// know them: the applier then waits, it does not believe the depot. An image's blobs, or the files of packages, where the
    /// payload is not one file.
    public let members: [PayloadMember]?
    /// The name under which an image with members is imported: what pods call it.
    public let image: ImageReference?

    public init(
        name: String, digest: Digest?, size: Int64?, kind: Kind, member: String? = nil, path: String? = nil,
        mode: Permissions? = nil, members: [PayloadMember]? = nil, image: ImageReference? = nil
    ) {
        self.name = name
        self.digest = digest
        self.size = size
        self.kind = kind
        self.member = member
        self.path = path
        self.mode = mode
        self.members = members
        self.image = image
    }

    /// Whether the payload is a file of its own in a depot, rather than its members only.
    public var isBlob: Bool {
        switch kind {
        case .binary: true
        case .archive, .archiveMember: false
        case .deb, .image: members == nil
        }
    }

    /// What may occur only once in a manifest.
    var placement: String { member.map { "\(name) (\($0))" } ?? name }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        try cursor.only(["name", "digest", "size", "kind", "member", "path", "mode", "members", "image"])
        name = try cursor.required("name").payloadName()
        digest = try cursor.optional("digest")?.digest()
        size = try cursor.optional("size")?.size()
        kind = try cursor.required("kind").choice()
        let needsPath = kind == .binary || kind == .archiveMember || kind == .archive
        member =
            kind == .archiveMember
            ? try cursor.required("member").relativePath() : try cursor.optional("member")?.relativePath()
        path = needsPath ? try cursor.required("path").absolutePath() : try cursor.optional("path")?.absolutePath()
        mode = try cursor.optional("mode")?.fileMode()
        let listed = try cursor.optional("members")
        members = try listed.map(PayloadMember.list)
        let reference = try cursor.optional("image")
        image = try reference?.imageReference()
        if let reference, kind != .image || members == nil {
            throw reference.refused("only an image that is made of its members has a name here")
        }
        guard let listed, let members else { return }
        switch kind {
        case .archive: break
        case .archiveMember:
            guard members.map(\.path) == [member] else {
                throw listed.refused("expected the one member \"\(printable(member ?? ""))\"")
            }
        case .deb:
            guard !members.isEmpty else { throw listed.refused("expected at least one package") }
            for member in members where !PackageName.isFile(member.path) {
                throw listed.refused("\"\(printable(member.path))\" is not NAME_VERSION_ARCHITECTURE.deb")
            }
        case .image:
            guard image != nil else { throw listed.refused("expected \"image\" beside it, the name of the image") }
            guard let digest, members.contains(where: { $0.digest == digest }) else {
                throw listed.refused("expected the image's manifest, which has the payload's digest, among them")
            }
            for member in members where member.path != member.digest.blobPath {
                throw listed.refused("expected the path \"\(member.digest.blobPath)\" of a blob with that digest")
            }
        case .binary: throw listed.refused("only an archive, an image and packages have members")
        }
    }

    var json: JSONValue {
        var object = JSONObject([("name", .string(name)), ("kind", .string(kind.rawValue))])
        object["digest"] = digest.map { .string($0.description) }
        object["size"] = size.map { .integer($0) }
        object["member"] = member.map { .string($0) }
        object["path"] = path.map { .string($0) }
        object["mode"] = mode.map { .string($0.description) }
        object["members"] = members.map { .array($0.map(\.json)) }
        object["image"] = image.map { .string($0.description) }
        return .object(object)
    }
}

/// A regular file inside an archive, a blob of an image, or a package. The lock finds out what it is; machine.json and depot.json name it in the same words.
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
    /// Of a package: those of lower stages must be installed whole before it is unpacked, since it pre-depends on some of them
    /// (Debian Policy 7.2). 0 for what waits for nothing, and for whatever is no package.
    public let stage: Int

    /// Keeps the nine permission bits of the mode: nothing that an archive brings runs as somebody else.
    public init(path: String, digest: Digest, size: Int64, mode: Permissions = 0o755, stage: Int = 0) {
        self.path = path
        self.digest = digest
        self.size = size
        self.mode = Permissions(bits: mode.bits & 0o777)
        self.stage = stage
    }

    /// What the digest of packages is made of: for each a line `HEX  NAME`, sorted bytewise by name, as `sha256sum *.deb` prints
    /// them in the locale C. So anybody can make it from the files.
    public static func listing(_ members: [PayloadMember]) -> [UInt8] {
        let sorted = members.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        return Array(sorted.map { "\($0.digest.hex)  \($0.path)\n" }.joined().utf8)
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        try cursor.only(["path", "digest", "size", "mode", "stage"])
        path = try cursor.required("path").relativePath()
        digest = try cursor.required("digest").digest()
        size = try cursor.required("size").integer(in: 0 ... .max)
        mode = try cursor.required("mode").fileMode()
        stage =
            try cursor.optional("stage").map { (value) throws(FormatError) in
                Int(try value.integer(in: 0...Int64(PackageName.stageLimit - 1)))
            } ?? 0
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
        var object = JSONObject([
            ("path", .string(path)), ("digest", .string(digest.description)), ("size", .integer(size)),
            ("mode", .string(mode.description)),
        ])
        if stage > 0 { object["stage"] = .integer(Int64(stage)) }
        return .object(object)
    }
}
