import BundleFormat
import Values

/// The verbs for snapshots: each is of the whole instance, because a cluster's disks belong together.
extension Launcher {
    /// Keeps the disks of all machines. Those that run stand still for a moment.
    ///
    /// - Parameter moment: now, RFC 3339.
    public func takeSnapshot(_ name: String, at moment: String) throws(LaunchError) -> Snapshot {
        guard DNSLabel.isValid(name) else { throw .badSnapshotName(name) }
        let (instance, lock) = try openLocked()
        defer { withExtendedLifetime(lock) {} }
        var list = try cleaned(instance)
        guard list.restoring == nil else { throw unfinished(list, instance) }
        guard !list.snapshots.contains(where: { $0.name == name }) else {
            throw .snapshotExists(name: name, instance: paths.name)
        }
        let snapshot = Snapshot(
            name: name, bundleDigest: instance.record.bundleDigest, taken: moment, isComplete: false)
        list.snapshots.append(snapshot)
        try list.save(paths)
        do throws(LaunchError) { try provider.takeSnapshot(name, of: instance) } catch {
            _ = try? cleaned(instance)
            throw error
        }
        list.snapshots[list.snapshots.count - 1] = snapshot.finished
        try list.save(paths)
        return snapshot.finished
    }

    /// Gives all machines the disks that were kept. What they wrote since is lost. Those that run are stopped first and
    /// started again.
    ///
    /// - Returns: the machines that were started.
    public func restoreSnapshot(_ name: String, grace: Int) throws(LaunchError) -> [String] {
        let (instance, lock) = try openLocked()
        defer { withExtendedLifetime(lock) {} }
        var list = try cleaned(instance)
        if let restoring = list.restoring, restoring != name { throw unfinished(list, instance) }
        let snapshot = try find(name, in: list)
        guard snapshot.bundleDigest == instance.record.bundleDigest else {
            throw .snapshotOfAnotherBundle(
                name: name, bundle: "\(snapshot.bundleDigest)", instance: paths.name)
        }
        let stopped = Set(try stop(instance.plan.machines, of: instance, grace: grace))
        list.restoring = name
        try list.save(paths)
        try provider.restoreSnapshot(name, of: instance)
        list.restoring = nil
        try list.save(paths)
        return try start(instance.plan.machines.filter { stopped.contains($0.name) }, of: instance)
    }

    public func deleteSnapshot(_ name: String) throws(LaunchError) {
        let (instance, lock) = try openLocked()
        defer { withExtendedLifetime(lock) {} }
        var list = try cleaned(instance)
        _ = try find(name, in: list)
        if list.restoring != nil { throw unfinished(list, instance) }
        try provider.deleteSnapshot(name, of: instance)
        list.snapshots.removeAll { $0.name == name }
        try list.save(paths)
    }

    /// In the order they were taken, without those that were not finished.
    public static func snapshots(of instance: Instance) throws(LaunchError) -> [Snapshot] {
        try SnapshotList.read(instance.paths).snapshots.filter(\.isComplete)
    }

    /// Machines must not run on disks of which only some are those of a snapshot.
    func refuseUnfinishedRestore() throws(LaunchError) {
        if let name = try SnapshotList.read(paths).restoring {
            throw .unfinishedRestore(name: name, instance: paths.name)
        }
    }

    func openLocked() throws(LaunchError) -> (Instance, InstanceLock) {
        _ = try Instance.open(paths)
        let lock = try InstanceLock.take(paths)
        return (try Instance.open(paths), lock)
    }

    /// The list without snapshots that were cut short, of which nothing is left either.
    private func cleaned(_ instance: Instance) throws(LaunchError) -> SnapshotList {
        var list = try SnapshotList.read(paths)
        for snapshot in list.snapshots where !snapshot.isComplete {
            try provider.deleteSnapshot(snapshot.name, of: instance)
            list.snapshots.removeAll { $0 == snapshot }
            try list.save(paths)
        }
        return list
    }

    private func find(_ name: String, in list: SnapshotList) throws(LaunchError) -> Snapshot {
        guard let snapshot = list.snapshots.first(where: { $0.name == name }) else {
            throw .noSnapshot(name: name, instance: paths.name, known: list.snapshots.map(\.name))
        }
        return snapshot
    }

    private func unfinished(_ list: SnapshotList, _ instance: Instance) -> LaunchError {
        .unfinishedRestore(name: list.restoring ?? "", instance: instance.paths.name)
    }
}
