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
