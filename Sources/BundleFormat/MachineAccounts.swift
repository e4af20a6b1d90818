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

/// A user the applier makes when it is absent.
public struct MachineUser: Hashable, Sendable {
    public let name: String
    /// The primary group.
    public let group: String
    /// Supplementary groups.
    public let groups: [String]
    public let home: String
    public let shell: String
    /// A system user: its id comes from the system range, and its home is not made.
    public let isSystem: Bool
    /// A fixed id; nil lets the machine choose.
    public let uid: UInt32?

    public init(
        name: String, group: String, groups: [String] = [], home: String, shell: String, isSystem: Bool,
        uid: UInt32? = nil
    ) {
        self.name = name
        self.group = group
        self.groups = groups
        self.home = home
        self.shell = shell
        self.isSystem = isSystem
        self.uid = uid
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        try cursor.only(["name", "group", "groups", "home", "shell", "system", "uid"])
        name = try cursor.required("name").accountName()
        group = try cursor.required("group").accountName()
        groups = try cursor.entries("groups", limit: 100) { (entry) throws(FormatError) in try entry.accountName() }
        home = try cursor.required("home").directoryPath()
        shell = try cursor.required("shell").absolutePath()
        isSystem = try cursor.required("system").bool()
        uid = try cursor.optional("uid")?.accountID()
    }

    var json: JSONValue {
        var object = JSONObject([
            ("name", .string(name)), ("group", .string(group)), ("home", .string(home)), ("shell", .string(shell)),
            ("system", .bool(isSystem)),
        ])
        if !groups.isEmpty { object["groups"] = .strings(groups) }
        object["uid"] = uid.map { .integer(Int64($0)) }
        return .object(object)
    }
}
