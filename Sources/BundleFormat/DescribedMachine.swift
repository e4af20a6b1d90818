public import Values

/// One machine in the bundle description.
public struct DescribedMachine: Hashable, Sendable {
    /// The most files that are read.
    public static let fileLimit = MachineManifest.listLimit
    /// The most units that are read.
    public static let unitLimit = 1000

    /// A DNS label.
    public let name: String
    public let role: Role
    public let address: IPv4Address
    public let mac: MACAddress
    /// The line of the topology that describes it.
    public let line: Int64
    /// In the order they are placed.
    public let files: [DescribedFile]
    /// In start order.
    public let units: [String]

    public init(
        name: String, role: Role, address: IPv4Address, mac: MACAddress, line: Int64, files: [DescribedFile],
        units: [String]
    ) {
        self.name = name
        self.role = role
        self.address = address
        self.mac = mac
        self.line = line
        self.files = files
        self.units = units
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        try cursor.only(["name", "role", "address", "mac", "line", "files", "units"])
        name = try cursor.required("name").dnsLabel()
        role = try cursor.required("role").choice()
        address = try cursor.required("address").ipv4Address()
        mac = try cursor.required("mac").macAddress()
        line = try cursor.required("line").integer(in: 0 ... .max)
        files = try cursor.required("files").list(limit: Self.fileLimit) { (entry) throws(FormatError) in
            try DescribedFile(decoding: entry)
        }
        units = try cursor.required("units").list(limit: Self.unitLimit) { (entry) throws(FormatError) in
            try entry.unitName()
        }
        try FormatError.refuseRepeated(files.map(\.path), in: "\(cursor.path).files", member: "path")
    }

    public var json: JSONValue {
        [
            "name": .string(name), "role": .string(role.rawValue), "address": .string("\(address)"),
            "mac": .string("\(mac)"), "line": .integer(line), "files": .array(files.map(\.json)),
            "units": .strings(units),
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

    /// What stands at the root of a seed, for cloud-init.
    public static let seedDocuments: Set<String> = ["user-data", "meta-data", "network-config"]

    public init(
        path: String, permissions: Permissions, owner: String, group: String, exposure: Exposure, origin: String,
        digest: Digest?, size: Int64?
    ) {
        self.path = path
        self.permissions = permissions
        self.owner = owner
        self.group = group
        self.exposure = exposure
        self.origin = origin
        self.digest = digest
        self.size = size
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        try cursor.only(["path", "mode", "owner", "group", "exposure", "origin", "digest", "size"])
        let place = try cursor.required("path")
        path = Self.seedDocuments.contains(try place.string()) ? try place.string() : try place.absolutePath()
        permissions = try cursor.required("mode").modeWithoutSetID()
        owner = try cursor.required("owner").accountName()
        group = try cursor.required("group").accountName()
        exposure = try cursor.required("exposure").choice()
        origin = try cursor.required("origin").name()
        digest = try cursor.optional("digest")?.digest()
        size = try cursor.optional("size")?.size()
        guard (digest != nil) == (exposure == .open), (size != nil) == (exposure == .open) else {
            throw cursor.refused(
                "digest and size belong to open files, and only to them; this one is \(exposure.rawValue)")
        }
    }

    var json: JSONValue {
        var object = JSONObject([
            ("path", .string(path)), ("mode", .string(permissions.description)), ("owner", .string(owner)),
            ("group", .string(group)), ("exposure", .string(exposure.rawValue)), ("origin", .string(origin)),
        ])
        object["digest"] = digest.map { .string($0.description) }
        object["size"] = size.map { .integer($0) }
        return .object(object)
    }
}
