public import Values

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
        mode = try cursor.required("mode").mode()
        owner = try cursor.required("owner").accountName()
        group = try cursor.required("group").accountName()
    }

    var json: JSONValue {
        [
            "path": .string(path), "mode": .string(mode.description), "owner": .string(owner), "group": .string(group),
        ]
    }
}
