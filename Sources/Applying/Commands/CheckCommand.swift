import BundleFormat

/// `slipway-apply check`: lists what is not as it was placed. Reads every file and changes nothing.
struct CheckCommand {
    let session: Session

    init(_ session: Session) { self.session = session }

    /// - Returns: whether the machine is as the generation in force, and the seed where one is named, says.
    func run() throws(ApplyError) -> Bool {
        var events: [Event] = []
        if let unfinished = try session.lastRun().text { events.append(.drift("run", unfinished)) }
        guard let record = try session.record(of: session.store.current()) else {
            session.report(.drift("machine", "nothing has been applied yet"))
            return false
        }
        let manifest = try session.store.manifest(record.number)
        var finder = DriftFinder(session)
        events += try finder.differences(from: record, manifest)
        if try !session.store.pending().isEmpty { events.append(.drift("units", "restarts are owed; apply does them")) }
        let waiting = PayloadsInPlace(record.entries, try session.store.installed()).waiting(manifest)
        events += try finder.units(manifest, waiting)
        if let path = session.options.seed, try Seed(path).digest != record.manifest {
            events.append(.drift("seed", "it is not the one that was applied"))
        }
        for event in events { session.report(event) }
        if events.isEmpty {
            session.report(Event("ok", "generation \(record.number)", "\(record.entries.count) files and directories"))
        }
        return events.isEmpty
    }
}
