import BundleFormat
import Values

/// `slipway-apply status`: where the machine stands. Believes file stamps, so it is quick; `check` reads everything.
struct StatusCommand {
    let session: Session

    init(_ session: Session) { self.session = session }

    /// One line of JSON, or a few of text.
    func run() throws(ApplyError) -> (text: [String], json: JSONValue) {
        let store = session.store
        guard let record = try session.record(of: store.current()) else {
            return (["nothing has been applied yet"], ["event": "status", "generation": 0])
        }
        let manifest = try store.manifest(record.number)
        let waiting = PayloadsInPlace(record.entries, try store.installed()).waiting(manifest)
        var finder = DriftFinder(session, cache: store.digests())
        let drift = try finder.differences(from: record, manifest)
        let units = try finder.units(manifest, waiting)
        let unfinished = try session.unfinished()
        let isPending = try !store.pending().isEmpty

        var text = [
            "machine \(manifest.machine) of cluster \(manifest.cluster), \(manifest.role.rawValue)",
            "generation \(record.number), machine.json \(record.manifest)",
        ]
        if let unfinished { text.append(unfinished) }
        if isPending { text.append("pending: restarts are owed; apply does them") }
        text += waiting.map { Event.waiting($0).text } + (drift + units).map(\.text)
        var object = JSONObject([
            ("event", "status"), ("cluster", .string(manifest.cluster)), ("machine", .string(manifest.machine)),
            ("role", .string(manifest.role.rawValue)), ("generation", .integer(Int64(record.number))),
            ("manifest", .string(record.manifest.description)),
            ("pending", .bool(isPending)), ("waiting", .strings(waiting.map(\.name))),
            ("drift", .array(drift.map(\.json))), ("units", .array(units.map(\.json))),
        ])
        object["unfinished"] = unfinished.map { .string($0) }
        return (text, .object(object))
    }
}
