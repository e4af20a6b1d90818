import BundleFormat
import Values

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
