import BundleFormat

/// One change of a path, with what is needed to take it back.
///
/// What stood in a changed file's place is kept as `saved/<index>` in the generation's directory, index being the
/// change's position in its list.
struct RecordedChange: Hashable {
    /// What stood at the path.
    enum Before: Hashable {
        case absent, file
        case directory(mode: UInt16, OwnerIDs)
    }

    /// What stands there now.
    enum After: String, Hashable {
        case absent, file, directory
        /// A second name for the file that the change before this one replaces or removes.
        case kept
    }

    let path: String
    let before: Before
    let after: After

    init(path: String, before: Before, after: After) {
        self.path = path
        self.before = before
        self.after = after
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        path = try cursor.required("path").string()
        let before = try cursor.required("before")
        switch try before.required("kind").string() {
        case "absent": self.before = .absent
        case "file": self.before = .file
        default:
            let ids = OwnerIDs(user: try Self.id(before.required("user")), group: try Self.id(before.required("group")))
            self.before = .directory(mode: UInt16(try before.required("mode").integer(in: 0...0o7777)), ids)
        }
        let after = try cursor.required("after")
        guard let kind = After(rawValue: try after.string()) else { throw after.refused("is not known") }
        self.after = kind
    }

    private static func id(_ cursor: JSONCursor) throws(FormatError) -> UInt32 {
        UInt32(try cursor.integer(in: 0...Int64(UInt32.max)))
    }

    var json: JSONValue {
        let before: JSONValue =
            switch before {
            case .absent: ["kind": "absent"]
            case .file: ["kind": "file"]
            case .directory(let mode, let owner):
                [
                    "kind": "directory", "mode": .integer(Int64(mode)), "user": .integer(Int64(owner.user)),
                    "group": .integer(Int64(owner.group)),
                ]
            }
        return ["path": .string(path), "before": before, "after": .string(after.rawValue)]
    }
}
