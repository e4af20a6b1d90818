import BundleFormat
import Values

/// `generations/N/record.json`: what one run made of the machine, and how to take it back.
struct GenerationRecord: Hashable {
    /// The most entries read back; a whole archive may have many members.
    static let listLimit = 100_000

    /// Counts from 1; a number is not used twice, except after a run that was interrupted.
    let number: Int
    /// The generation before; nil for the first.
    let parent: Int?
    /// Digest of the machine.json that was applied.
    let manifest: Digest
    let entries: [RecordedEntry]
    let changes: [RecordedChange]

    init(number: Int, parent: Int?, manifest: Digest, entries: [RecordedEntry], changes: [RecordedChange]) {
        self.number = number
        self.parent = parent
        self.manifest = manifest
        self.entries = entries
        self.changes = changes
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        number = Int(try cursor.required("number").integer(in: 1 ... .max))
        parent = try cursor.optional("parent").map { (value) throws(FormatError) in
            Int(try value.integer(in: 1 ... .max))
        }
        manifest = try cursor.required("manifest").digest()
        entries = try cursor.required("entries").list(limit: Self.listLimit) { (entry) throws(FormatError) in
            try RecordedEntry(decoding: entry)
        }
        changes = try cursor.required("changes").list(limit: Self.listLimit) { (change) throws(FormatError) in
            try RecordedChange(decoding: change)
        }
    }

    var json: JSONValue {
        var object = JSONObject([
            ("number", .integer(Int64(number))), ("manifest", .string(manifest.description)),
            ("entries", .array(entries.map(\.json))), ("changes", .array(changes.map(\.json))),
        ])
        object["parent"] = parent.map { .integer(Int64($0)) }
        return .object(object)
    }
}

/// A file or directory that a generation put on the machine.
struct RecordedEntry: Hashable {
    /// The payload a file came from, and which build of it.
    struct Origin: Hashable {
        let payload: String
        let digest: Digest
    }

    let path: String
    /// Nil for a directory.
    let content: Digest?
    let mode: Permissions
    let owner: String
    let group: String
    /// A directory that was not there before; it goes again when nothing needs it.
    let isMade: Bool
    let origin: Origin?

    init(
        path: String, content: Digest?, mode: Permissions, owner: String, group: String, isMade: Bool = false,
        origin: Origin? = nil
    ) {
        self.path = path
        self.content = content
        self.mode = mode
        self.owner = owner
        self.group = group
        self.isMade = isMade
        self.origin = origin
    }

    var isDirectory: Bool { content == nil }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        path = try cursor.required("path").string()
        content = try cursor.optional("digest")?.digest()
        let mode = try cursor.required("mode")
        guard let permissions = Permissions(parsing: try mode.string()) else { throw mode.refused("is not a mode") }
        self.mode = permissions
        owner = try cursor.required("owner").string()
        group = try cursor.required("group").string()
        isMade = try cursor.optional("made")?.bool() ?? false
        origin = try cursor.optional("origin").map { (part) throws(FormatError) in
            Origin(payload: try part.required("payload").string(), digest: try part.required("digest").digest())
        }
    }

    var json: JSONValue {
        var object = JSONObject([
            ("path", .string(path)), ("mode", .string(mode.description)), ("owner", .string(owner)),
            ("group", .string(group)),
        ])
        object["digest"] = content.map { .string($0.description) }
        if isMade { object["made"] = true }
        object["origin"] = origin.map { ["payload": .string($0.payload), "digest": .string($0.digest.description)] }
        return .object(object)
    }
}

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
