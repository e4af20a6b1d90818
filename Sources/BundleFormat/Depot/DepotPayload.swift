public import Values

/// One payload in a depot. Machines find it by its digest; the name is for people.
public struct DepotPayload: Hashable, Sendable {
    public let name: String
    public let digest: Digest
    /// Bytes of the payload itself, whether or not its blob is in the depot.
    public let size: Int64
    /// Sorted bytewise by path, as the writer is expected to give them; empty for anything but archives.
    public let members: [PayloadMember]

    public init(name: String, digest: Digest, size: Int64, members: [PayloadMember] = []) {
        self.name = name
        self.digest = digest
        self.size = size
        self.members = members
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        try cursor.only(["name", "digest", "size", "members"])
        name = try cursor.required("name").payloadName()
        digest = try cursor.required("digest").digest()
        size = try cursor.required("size").integer(in: 0 ... .max)
        members = try cursor.optional("members").map(PayloadMember.list) ?? []
    }

    var json: JSONValue {
        var object = JSONObject([
            ("name", .string(name)), ("digest", .string(digest.description)), ("size", .integer(size)),
        ])
        if !members.isEmpty { object["members"] = .array(members.map(\.json)) }
        return .object(object)
    }
}
