public import Values

/// Which bundle a seed belongs to.
public struct MachineBundle: Hashable, Sendable {
    public let name: String
    /// The public digest, so that a machine can say which build it runs. The bundle digest cannot stand in its own seed.
    public let publicDigest: Digest?

    public init(name: String, publicDigest: Digest? = nil) {
        self.name = name
        self.publicDigest = publicDigest
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        try cursor.only(["name", "publicDigest"])
        name = try cursor.required("name").name()
        publicDigest = try cursor.optional("publicDigest")?.digest()
    }

    var json: JSONValue {
        var object = JSONObject([("name", .string(name))])
        object["publicDigest"] = publicDigest.map { .string($0.description) }
        return .object(object)
    }
}
