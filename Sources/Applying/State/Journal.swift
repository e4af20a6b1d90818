import BundleFormat
import Values

/// `journal.json`: what is being changed right now. It is on the disk before the first change and gone after the last, so
/// a run that finds one knows that the run before it was interrupted, and takes back what that may have done.
struct Journal: Hashable {
    /// The generation whose directory holds what was saved.
    let generation: Int
    /// The current generation once the work is done; nil when a first generation is taken back.
    let target: Int?
    /// Digest of the machine.json of `generation`.
    let manifest: Digest
    /// Taking a generation back, rather than making it.
    let isRollback: Bool
    let changes: [Step]

    /// A change and its position in the generation's list.
    struct Step: Hashable {
        let index: Int
        let change: RecordedChange
    }

    init(generation: Int, target: Int?, manifest: Digest, isRollback: Bool, changes: [Step]) {
        self.generation = generation
        self.target = target
        self.manifest = manifest
        self.isRollback = isRollback
        self.changes = changes
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        generation = Int(try cursor.required("generation").integer(in: 1 ... .max))
        target = try cursor.optional("target").map { (value) throws(FormatError) in
            Int(try value.integer(in: 1 ... .max))
        }
        manifest = try cursor.required("manifest").digest()
        isRollback = try cursor.required("rollback").bool()
        changes = try cursor.required("changes").list(limit: GenerationRecord.listLimit) { (step) throws(FormatError) in
            Step(
                index: Int(try step.required("index").integer(in: 0 ... .max)),
                change: try RecordedChange(decoding: step))
        }
    }

    var json: JSONValue {
        let steps = changes.map { step -> JSONValue in
            guard case .object(var object) = step.change.json else { return step.change.json }
            object["index"] = .integer(Int64(step.index))
            return .object(object)
        }
        var object = JSONObject([
            ("generation", .integer(Int64(generation))), ("rollback", .bool(isRollback)),
            ("manifest", .string(manifest.description)), ("changes", .array(steps)),
        ])
        object["target"] = target.map { .integer(Int64($0)) }
        return .object(object)
    }
}
