/// A group the applier makes when it is absent.
public struct MachineGroup: Hashable, Sendable {
    public let name: String
    /// A system group: its id comes from the system range.
    public let isSystem: Bool
    /// A fixed id; nil lets the machine choose.
    public let gid: UInt32?

    public init(name: String, isSystem: Bool, gid: UInt32? = nil) {
        self.name = name
        self.isSystem = isSystem
        self.gid = gid
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        try cursor.only(["name", "system", "gid"])
        name = try cursor.required("name").accountName()
        isSystem = try cursor.required("system").bool()
        gid = try cursor.optional("gid")?.accountID()
    }

    var json: JSONValue {
        var object = JSONObject([("name", .string(name)), ("system", .bool(isSystem))])
        object["gid"] = gid.map { .integer(Int64($0)) }
        return .object(object)
    }
}
