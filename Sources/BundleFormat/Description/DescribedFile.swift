public import Values

/// One file in the bundle description's table.
public struct DescribedFile: Hashable, Sendable {
    /// Absolute on the machine; a bare name for a document at the root of the seed.
    public let path: String
    public let permissions: Permissions
    public let owner: String
    public let group: String
    /// `open`, `derived` or `secret`.
    public let exposure: String
    /// The template's path, or what makes the bytes, such as `pki:etcd-server`.
    public let origin: String
    /// Only for open files: what follows from the secrets file must not be in the public part, its digest included.
    public let digest: Digest?
    /// Bytes, only for open files.
    public let size: Int64?

    /// What stands at the root of a seed, for cloud-init.
    public static let seedDocuments: Set<String> = ["user-data", "meta-data", "network-config"]

    public init(
        path: String, permissions: Permissions, owner: String, group: String, exposure: String, origin: String,
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
        let place = try cursor.required("path")
        path = Self.seedDocuments.contains(try place.string()) ? try place.string() : try place.absolutePath()
        let mode = try cursor.required("mode")
        permissions = try mode.mode()
        guard permissions.bits & 0o6000 == 0 else { throw mode.refused("no file of a bundle runs as somebody else") }
        owner = try cursor.required("owner").accountName()
        group = try cursor.required("group").accountName()
        exposure = try cursor.required("exposure").oneOf(["open", "derived", "secret"])
        origin = try cursor.required("origin").name()
        digest = try cursor.optional("digest")?.digest()
        size = try cursor.optional("size")?.integer(in: 0 ... .max)
    }

    var json: JSONValue {
        var object = JSONObject([
            ("path", .string(path)), ("mode", .string(permissions.description)), ("owner", .string(owner)),
            ("group", .string(group)), ("exposure", .string(exposure)), ("origin", .string(origin)),
        ])
        object["digest"] = digest.map { .string($0.description) }
        object["size"] = size.map { .integer($0) }
        return .object(object)
    }
}
