import BundleFormat

/// Which unit is concerned by which change.
enum UnitRules {
    static let directories = [
        "/etc/systemd/system/", "/usr/local/lib/systemd/system/", "/usr/lib/systemd/system/", "/lib/systemd/system/",
    ]

    static func isUnitFile(_ path: String) -> Bool { directories.contains { path.hasPrefix($0) } }

    /// Whether a path is the unit's own file or a drop-in of it.
    static func isFile(_ path: String, of unit: String) -> Bool {
        directories.contains { path == $0 + unit || path.hasPrefix("\($0)\(unit).d/") }
    }

    /// What changed causes owe to units: a restart to those that are started and name a cause, in any order.
    static func pending(_ units: [MachineUnit], causes: Set<String>) -> PendingUnits {
        let concerned = units.filter { unit in
            unit.isStarted
                && (unit.restartOn.contains(where: causes.contains) || causes.contains { isFile($0, of: unit.name) })
        }
        return PendingUnits(reload: causes.contains(where: isUnitFile), restart: Set(concerned.map(\.name)))
    }

    /// Whether a unit waits for a payload.
    static func waits(_ unit: MachineUnit, for waiting: [WaitingPayload]) -> Bool {
        waiting.contains { payload in unit.restartOn.contains(where: payload.causes.contains) }
    }
}
