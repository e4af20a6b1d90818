import BundleFormat

/// `pending.json`: what units are owed because of changes. Written before the changes and removed after the units were seen
/// to, so that no restart is forgotten when a run ends in between.
struct PendingUnits: Hashable {
    var reload = false
    var restart: Set<String> = []

    init(reload: Bool = false, restart: Set<String> = []) {
        self.reload = reload
        self.restart = restart
    }

    var isEmpty: Bool { !reload && restart.isEmpty }

    func union(_ other: PendingUnits) -> PendingUnits {
        PendingUnits(reload: reload || other.reload, restart: restart.union(other.restart))
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        reload = try cursor.required("reload").bool()
        restart = Set(
            try cursor.required("restart").list(limit: MachineManifest.listLimit) { (unit) throws(FormatError) in
                try unit.string()
            })
    }

    var json: JSONValue { ["reload": .bool(reload), "restart": .strings(restart.sorted())] }
}
