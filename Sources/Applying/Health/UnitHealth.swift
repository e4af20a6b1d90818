import BundleFormat

/// What systemd says of a unit means for its health. Decided from one look: nothing is kept between two.
///
/// A unit that restarts again and again is `active` most of the time it is looked at. What gives it away is that it has not run longer
/// than twice its usual time between two restarts.
struct UnitHealth {
    /// Microseconds since the host started, as systemd counts.
    let now: Int64
    /// When this machine's systemd came up, by the same clock: in a container that is later than the host.
    let begin: Int64

    /// What `systemctl show` is asked, beside what `UnitState` knows.
    static let properties =
        UnitState.properties + [
            "Id", "NRestarts", "InactiveExitTimestampMonotonic", "ActiveEnterTimestampMonotonic", "TimeoutStartUSec",
            "ExecMainStatus", "ExecMainCode",
        ]

    /// Restarts that may happen while machines wait for each other.
    static let fewRestarts: Int64 = 4
    /// Seconds that a start may take where neither the plan nor systemd knows better.
    static let usualStart: Int64 = 90

    /// - Parameter limit: seconds that its start may take; nil leaves it to systemd's own limit.
    func verdict(_ unit: UnitState, limit: Int64?) -> Verdict {
        let restarts = unit.number("NRestarts") ?? 0
        if !unit.isLoaded { return Verdict(.sick, "systemd has no such unit: \(unit.loadState)") }
        switch unit.active {
        case "failed": return Verdict(.sick, "failed: \(Self.cause(unit))")
        case "active", "reloading": return running(unit, restarts)
        case "activating": return starting(unit, restarts, limit)
        case "deactivating": return Verdict(.waiting, "is being stopped")
        default:
            if unit.isFinished { return Verdict(.healthy) }
            return unit.isStarting ? Verdict(.waiting, "waits for its turn to start") : Verdict(.sick, "does not run")
        }
    }

    private func running(_ unit: UnitState, _ restarts: Int64) -> Verdict {
        guard restarts >= 3, let since = age(unit, "ActiveEnterTimestampMonotonic") else { return Verdict(.healthy) }
        let usual = (now - begin) / 1_000_000 / restarts
        guard since < min(max(2 * usual, 10), 300) else { return Verdict(.healthy) }
        return Verdict(
            restarts > Self.fewRestarts ? .sick : .waiting, "restarted \(restarts) times, the last time \(since) s ago")
    }

    private func starting(_ unit: UnitState, _ restarts: Int64, _ limit: Int64?) -> Verdict {
        if unit.sub.hasPrefix("auto-restart") {
            return Verdict(
                restarts > Self.fewRestarts ? .sick : .waiting,
                "ended (\(Self.cause(unit))) and is started again, \(restarts) times so far")
        }
        if restarts > Self.fewRestarts {
            return Verdict(.sick, "is starting after \(restarts) restarts")
        }
        let since = age(unit, "InactiveExitTimestampMonotonic") ?? 0
        let limit = limit ?? unit.span("TimeoutStartUSec") ?? Self.usualStart
        guard since <= limit else {
            return Verdict(.sick, "has been starting for \(since) s, which should take \(limit) s at most")
        }
        return Verdict(.waiting, "has been starting for \(since) s")
    }

    /// Seconds since this machine's systemd came up.
    var machineAge: Int64 { max(0, now - begin) / 1_000_000 }

    /// Seconds since a time that systemd gives; nil if it never was.
    func age(_ unit: UnitState, _ property: String) -> Int64? {
        guard let time = unit.number(property), time > 0 else { return nil }
        return max(0, now - time) / 1_000_000
    }

    /// Why a service ended: `exit-code, status 1`, `signal, 9`, `oom-kill`.
    private static func cause(_ unit: UnitState) -> String {
        guard let status = unit.number("ExecMainStatus"), status != 0 else { return unit.result }
        // siginfo_t's CLD_EXITED, CLD_KILLED and CLD_DUMPED.
        return unit.result + (unit.number("ExecMainCode") == 1 ? ", status \(status)" : ", signal \(status)")
    }
}

extension UnitState {
    func number(_ property: String) -> Int64? { self[property].flatMap { Int64($0) } }

    /// A span of time as systemd writes it, in whole seconds: `1min 30s`, `250ms`; nil for `infinity` and what is not one.
    func span(_ property: String) -> Int64? {
        let units: [String: Int64] = [
            "y": 31_557_600, "month": 2_629_800, "w": 604_800, "d": 86_400, "h": 3600, "min": 60, "s": 1, "ms": 0,
            "us": 0,
        ]
        var sum: Int64 = 0
        for part in (self[property] ?? "infinity").split(separator: " ") {
            let digits = part.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            guard let number = Int64(digits.split(separator: ".").first ?? ""), number < 1_000_000,
                let unit = units[String(part.dropFirst(digits.count))]
            else { return nil }
            sum += number * unit
        }
        return sum
    }
}

/// What a unit said last, from its journal.
enum LastWords {
    /// The line that most likely tells why, of the last ones: the latest that speaks of an error, else the very last.
    static func choose(_ journal: String) -> String? {
        let lines = journal.split(separator: "\n").filter { !$0.allSatisfy(\.isWhitespace) }
        let telling = lines.last { line in
            let text = line.lowercased()
            // klog's own mark of an error or fatal line: E1124 19:30:14.000000
            let isKlog =
                (line.hasPrefix("E") || line.hasPrefix("F")) && line.dropFirst().prefix(4).allSatisfy(\.isNumber)
            return isKlog && line.count > 5 || words.contains { text.contains($0) }
        }
        return (telling ?? lines.last).map(String.init)
    }

    private static let words = [
        "error", "fail", "fatal", "panic", "refused", "denied", "cannot", "can't", "no space", "not permitted",
        "invalid",
        "timed out", "sealed", "no such file",
    ]
}
