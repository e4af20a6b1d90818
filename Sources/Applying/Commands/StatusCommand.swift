import BundleFormat
import Values

/// `slipway-apply status`: where the machine stands. Believes file stamps, so it is quick; `check` reads everything.
struct StatusCommand {
    let session: Session

    init(_ session: Session) { self.session = session }

    /// One line of JSON, or a few of text.
    func run() throws(ApplyError) -> (text: [String], json: JSONValue) {
        let store = session.store
        let run = try session.lastRun()
        guard let record = try session.record(of: store.current()) else {
            let text = ["nothing has been applied yet"] + (run.text.map { [$0] } ?? [])
            return (text, AppliedState(generation: 0, manifest: nil, run: run).json)
        }
        let manifest = try store.manifest(record.number)
        let waiting = PayloadsInPlace(record.entries, try store.installed()).waiting(manifest)
        var finder = DriftFinder(session, cache: store.digests())
        let drift = try finder.differences(from: record, manifest)
        let units = try finder.units(manifest, waiting)
        let isPending = try !store.pending().isEmpty

        var text = [
            "machine \(manifest.machine) of cluster \(manifest.cluster), \(manifest.role.rawValue)",
            "generation \(record.number), machine.json \(record.manifest)",
        ]
        if let run = run.text { text.append(run) }
        if isPending { text.append("pending: restarts are owed; apply does them") }
        text += waiting.map { Event.waiting($0).text } + (drift + units).map(\.text)
        let state = AppliedState(
            identity: AppliedState.Identity(
                cluster: manifest.cluster, machine: manifest.machine, role: manifest.role),
            generation: Int64(record.number), manifest: record.manifest, run: run, isPending: isPending,
            waiting: waiting.map(\.name), drift: drift.map(\.difference), units: units.map(\.difference))
        return (text, state.json)
    }
}
