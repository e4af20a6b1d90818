public import Values

/// One machine in the bundle description.
public struct DescribedMachine: Hashable, Sendable {
    /// The most files that are read.
    public static let fileLimit = MachineManifest.listLimit

    /// A DNS label.
    public let name: String
    public let role: Role
    public let address: IPv4Address
    public let mac: MACAddress
    /// The line of the topology that describes it.
    public let line: Int64
    /// Numbers in the description's table of files, in the order they are placed.
    public let files: [Int]
    /// The number in the description's table of configurations.
    public let configuration: Int

    public init(
        name: String, role: Role, address: IPv4Address, mac: MACAddress, line: Int64, files: [Int],
        configuration: Int
    ) {
        self.name = name
        self.role = role
        self.address = address
        self.mac = mac
        self.line = line
        self.files = files
        self.configuration = configuration
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        try cursor.only(["name", "role", "address", "mac", "line", "files", "configuration"])
        name = try cursor.required("name").dnsLabel()
        role = try cursor.required("role").choice()
        address = try cursor.required("address").ipv4Address()
        mac = try cursor.required("mac").macAddress()
        line = try cursor.required("line").integer(in: 0 ... .max)
        files = try cursor.required("files").list(limit: Self.fileLimit) { (entry) throws(FormatError) in
            Int(try entry.integer(in: 0...(1 << 30)))
        }
        configuration = Int(try cursor.required("configuration").integer(in: 0...(1 << 30)))
    }

    public var json: JSONValue {
        [
            "name": .string(name), "role": .string(role.rawValue), "address": .string("\(address)"),
            "mac": .string("\(mac)"), "line": .integer(line), "files": .array(files.map { .integer(Int64($0)) }),
            "configuration": .integer(Int64(configuration)),
        ]
    }
}

/// One file in the bundle description's table.
public struct DescribedFile: Hashable, Sendable {
    /// Absolute on the machine; a bare name for a document at the root of the seed.
    public let path: String
    public let permissions: Permissions
    public let owner: String
    public let group: String
    public let exposure: Exposure
    /// The template's path, or what makes the bytes, such as `pki:etcd-server`.
    public let origin: String
    /// Only for open files: what follows from the secrets file must not be in the public part, its digest included.
    public let digest: Digest?
    /// Bytes, only for open files.
    public let size: Int64?
    /// Only for user-data: the digest of its frame, see ``UserData``.
    public let frame: Digest?

    /// These tell the files of a cluster apart; the rest is for equality alone. Without the frame, every machine's user-data would
    /// have the same hash, since its digest is not known here, and the table of 10,000 machines would be searched line by line.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(path)
        hasher.combine(digest)
        hasher.combine(frame)
    }

    /// Whether it stands at the root of the seed, for cloud-init.
    public var isSeedDocument: Bool { Self.seedDocuments.contains(path) }

    /// What stands at the root of a seed, for cloud-init.
    public static let seedDocuments: Set<String> = ["user-data", "meta-data", "network-config"]

    public init(
        path: String, permissions: Permissions, owner: String, group: String, exposure: Exposure, origin: String,
        digest: Digest?, size: Int64?, frame: Digest? = nil
    ) {
        self.path = path
        self.permissions = permissions
        self.owner = owner
        self.group = group
        self.exposure = exposure
        self.origin = origin
        self.digest = digest
        self.size = size
        self.frame = frame
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        try cursor.only(["path", "mode", "owner", "group", "exposure", "origin", "digest", "size", "frame"])
        let place = try cursor.required("path")
        path = Self.seedDocuments.contains(try place.string()) ? try place.string() : try place.absolutePath()
        permissions = try cursor.required("mode").fileMode()
        owner = try cursor.required("owner").accountName()
        group = try cursor.required("group").accountName()
        exposure = try cursor.required("exposure").choice()
        origin = try cursor.required("origin").name()
        digest = try cursor.optional("digest")?.digest()
        size = try cursor.optional("size")?.integer(in: 0...BundleDescription.seedLimit)
        frame = try cursor.optional("frame")?.digest()
        guard (frame != nil) == (path == UserData.path && exposure != .open) else {
            throw cursor.refused("a frame belongs to user-data that holds keys, and only to it")
        }
        guard (digest != nil) == (exposure == .open), (size != nil) == (exposure == .open) else {
            throw cursor.refused(
                "digest and size belong to open files, and only to them; this one is \(exposure.rawValue)")
        }
    }

    public var json: JSONValue {
        let optional: [(String, JSONValue?)] = [
            ("digest", digest.map { .string($0.description) }), ("size", size.map { .integer($0) }),
            ("frame", frame.map { .string($0.description) }),
        ]
        return .object(
            JSONObject(
                [
                    ("path", .string(path)), ("mode", .string(permissions.description)), ("owner", .string(owner)),
                    ("group", .string(group)), ("exposure", .string(exposure.rawValue)), ("origin", .string(origin)),
                ] + optional.compactMap { key, value in value.map { (key, $0) } }))
    }
}

/// One of the operator's files. What it holds follows from the secrets file, so that no digest stands here.
public struct DescribedOperatorFile: Hashable, Sendable {
    /// Relative to the directory that the operator keeps.
    public let path: String
    public let permissions: Permissions
    public let exposure: Exposure
    public let origin: String

    public init(path: String, permissions: Permissions, exposure: Exposure, origin: String) {
        self.path = path
        self.permissions = permissions
        self.exposure = exposure
        self.origin = origin
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        try cursor.only(["path", "mode", "exposure", "origin"])
        path = try cursor.required("path").relativePath()
        permissions = try cursor.required("mode").fileMode()
        exposure = try cursor.required("exposure").choice()
        origin = try cursor.required("origin").name()
    }

    var json: JSONValue {
        [
            "path": .string(path), "mode": .string(permissions.description),
            "exposure": .string(exposure.rawValue), "origin": .string(origin),
        ]
    }
}
