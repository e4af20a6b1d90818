import BundleFormat

/// Enables, starts and restarts units, and looks whether they came up.
struct UnitManager {
    let services: any SystemServices
    /// How long units are watched, in seconds.
    let patience: Int
    let report: (Event) -> Void

    private static let pollInterval = 250

    /// Brings units to what machine.json says.
    ///
    /// - Returns: the names of units that failed.
    func settle(_ units: [MachineUnit], _ pending: PendingUnits, waiting: [WaitingPayload]) throws(ApplyError)
        -> [String]
    {
        guard !services.isOffline else { return [] }
        if pending.reload { try services.require(.reloadUnits) }
        let ready = units.filter { !UnitRules.waits($0, for: waiting) }
        guard !ready.isEmpty else { return [] }
        let states = try states(of: ready.map(\.name))
        var failed = try enable(
            zip(ready, states).filter { $0.isEnabled && $1.isLoaded && !$1.isEnabled }.map(\.0.name))
        let queued = try queue(Array(zip(ready, states)), pending.restart, &failed)
        failed += try watch(ready.map(\.name).filter { !failed.contains($0) }, queued)
        return failed
    }

    func states(of units: [String]) throws(ApplyError) -> [UnitState] {
        guard !units.isEmpty else { return [] }
        return UnitState.states(try services.run(.show(units)).output, count: units.count)
    }

    private func enable(_ units: [String]) throws(ApplyError) -> [String] {
        guard !units.isEmpty else { return [] }
        let result = try services.run(.enable(units))
        guard result.isSuccess else {
            for unit in units { report(.unit(.failed, unit, "it could not be enabled: \(result.lastLines)")) }
            return units
        }
        for unit in units { report(.unit(.enabled, unit)) }
        return []
    }

    /// Starts and restarts in the order of the units; consecutive units with the same verb share a call.
    private func queue(
        _ units: [(MachineUnit, UnitState)], _ restart: Set<String>, _ failed: inout [String]
    ) throws(ApplyError) -> [String] {
        var calls: [(verb: String, units: [String])] = []
        var told: [String: Event.Verb] = [:]
        for (unit, state) in units where !failed.contains(unit.name) {
            guard state.isLoaded else {
                report(.unit(.failed, unit.name, "systemd: \(state.loadState)"))
                failed.append(unit.name)
                continue
            }
            let isOwed = restart.contains(unit.name)
            let isDown = !state.isActive && !state.isStarting && !state.isFinished
            guard isOwed || isDown else { continue }
            // A restart also starts what is down, and a job that was queued with the old files in mind starts again.
            let verb = isOwed ? "restart" : "start"
            told[unit.name] = isOwed && (state.isActive || state.isStarting) ? .restarted : .started
            if calls.last?.verb == verb {
                calls[calls.count - 1].units.append(unit.name)
            } else {
                calls.append((verb, [unit.name]))
            }
        }
        for call in calls {
            let result = try services.run(.queue(call.verb, call.units))
            for unit in call.units {
                report(
                    result.isSuccess ? .unit(told[unit] ?? .started, unit) : .unit(.failed, unit, result.lastLines))
            }
            if !result.isSuccess { failed += call.units }
        }
        return calls.flatMap(\.units).filter { !failed.contains($0) }
    }

    /// Watches what was queued until it is up, has failed, or patience ends; then says how every unit is.
    private func watch(_ units: [String], _ queued: [String]) throws(ApplyError) -> [String] {
        var rounds = queued.isEmpty ? 0 : patience * 1000 / Self.pollInterval
        while rounds > 0 {
            if try !states(of: queued).contains(where: \.isStarting) { break }
            services.pause(milliseconds: Self.pollInterval)
            rounds -= 1
        }
        var failed: [String] = []
        for (unit, state) in zip(units, try states(of: units)) {
            if state.isFailed {
                report(.unit(.failed, unit, "\(state.result); journalctl -u \(unit) tells why"))
                failed.append(unit)
            } else if !state.isActive && !state.isFinished {
                report(.unit(.starting, unit, "\(state.active), \(state.sub)"))
            }
        }
        return failed
    }

    /// Starts what packages would have started when they were installed: services of their own, which machine.json does not know.
    /// Nobody waits for them.
    func startHeld(_ units: [String]) throws(ApplyError) {
        let wanted = zip(units, try states(of: units)).filter { $1.isLoaded && ($1.isEnabled || $1.isActive) }.map(\.0)
        guard !wanted.isEmpty else { return }
        let result = try services.run(.queue("restart", wanted))
        for unit in wanted { report(result.isSuccess ? .unit(.started, unit) : .unit(.failed, unit, result.lastLines)) }
    }

    /// Stops and disables units that are no longer wanted, before their files go.
    func retire(_ units: [String]) throws(ApplyError) {
        guard !services.isOffline else { return }
        for unit in units {
            let result = try services.run(.disable(unit))
            _ = try services.run(.resetFailed(unit))
            report(.unit(result.isSuccess ? .stopped : .failed, unit, result.isSuccess ? nil : result.lastLines))
        }
    }
}

/// Which unit is concerned by which change.
enum UnitRules {
    /// What changed causes owe to units: a restart to those that name a cause, in any order.
    static func pending(_ units: [MachineUnit], causes: Set<String>) -> PendingUnits {
        let concerned = units.filter { $0.isRestarted(by: causes) }
        return PendingUnits(reload: causes.contains(where: MachineUnit.isUnitFile), restart: Set(concerned.map(\.name)))
    }

    /// Whether a unit waits for a payload.
    static func waits(_ unit: MachineUnit, for waiting: [WaitingPayload]) -> Bool {
        waiting.contains { payload in unit.restartOn.contains(where: payload.causes.contains) }
    }
}

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
