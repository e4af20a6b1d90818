public import BundleFormat

/// Waits until machines do what they are for.
public struct Waiter: Sendable {
    /// What is waited for.
    public enum Goal: String, Sendable {
        /// All that a machine was given is in place. For a part of a cluster whose other machines are off: the jump host is
        /// asked for etcd's members, and a member for its quorum, and neither can be well alone.
        case applied
        case healthy

        public func isReached(by status: MachineStatus) -> Bool {
            switch self {
            case .applied: status.isApplied
            case .healthy: status.isHealthy
            }
        }
    }

    let reader: StatusReader
    let pause: @Sendable (_ milliseconds: Int) async -> Void
    let now: @Sendable () -> ContinuousClock.Instant

    /// - Parameters:
    ///   - pause: how time passes between two looks.
    ///   - now: what time it is.
    public init(
        _ reader: StatusReader,
        pause: @escaping @Sendable (_ milliseconds: Int) async -> Void = {
            try? await Task.sleep(for: .milliseconds($0))
        },
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.reader = reader
        self.pause = pause
        self.now = now
    }

    /// How far a machine has come. Only what goes further than ever before is progress: a unit that fails and starts again
    /// comes and goes, and would keep everybody waiting.
    private struct Mark: Comparable {
        let stage: Int
        let healthy: Int

        init(_ status: MachineStatus) {
            let stages: [String] = ["stopped", "starting"] + BootStage.allCases.map(\.rawValue)
            stage = status.isApplied ? stages.count : stages.firstIndex(of: status.step) ?? 0
            healthy = status.report?.findings.count { $0.state == .healthy } ?? 0
        }

        static func < (left: Mark, right: Mark) -> Bool {
            (left.stage, left.healthy) < (right.stage, right.healthy)
        }
    }

    /// Looks at most twice a second, and where looking is slow pauses for as long: it takes from machines that share a few cores.
    ///
    /// - Parameters:
    ///   - goal: what every machine is to reach.
    ///   - seconds: the longest time without progress of any machine.
    ///   - progress: told all machines' last status after each look.
    /// - Returns: the last status of each: all at the goal at the same time, or ended for good.
    /// - Throws: ``LaunchError/stalled(_:)``
    public func wait(
        for goal: Goal, of machines: [LaunchDefinition], seconds: Int, progress: (_ statuses: [MachineStatus]) -> Void
    ) async throws(LaunchError) -> [MachineStatus] {
        var last = machines.map { MachineStatus($0, power: .starting) }
        var (best, isFinal): ([String: Mark], Bool) = ([:], false)
        var (moved, looks) = (now(), 0)
        while true {
            let begun = now()
            // Those that were well may not be so any more, when the last one is.
            let open = last.filter { isFinal || !goal.isReached(by: $0) }.map(\.name)
            for status in try await reader.read(machines.filter { open.contains($0.name) }, briefly: true) {
                if let index = last.firstIndex(where: { $0.name == status.name }) { last[index] = status }
                let mark = Mark(status)
                if best[status.name].map({ $0 < mark }) ?? true {
                    best[status.name] = mark
                    (moved, looks) = (now(), 0)
                }
            }
            progress(last)
            let isSettled = last.allSatisfy { goal.isReached(by: $0) || $0.hasFailed }
            if isSettled, isFinal { return last }
            isFinal = isSettled
            if isSettled { continue }
            looks += 1
            if looks > seconds * 2 || now() - moved > .seconds(seconds) { break }
            await pause(max(500, min(reader.longestPause, Int((now() - begun) / .milliseconds(1)))))
        }
        throw .stalled(Stall(instance: reader.name, goal: goal, seconds: seconds, statuses: last))
    }
}

/// A wait in which nothing has moved for too long.
public struct Stall: Hashable, Sendable, CustomStringConvertible {
    let instance: String
    let goal: Waiter.Goal
    let seconds: Int
    let statuses: [MachineStatus]

    /// What hangs, machine by machine, and where to look.
    public var description: String {
        let open = statuses.filter { !goal.isReached(by: $0) }
        var lines = [
            "nothing has moved for \(seconds) s, and \(open.count) of \(statuses.count) machines \(open.count == 1 ? "is" : "are") not \(goal.rawValue):"
        ]
        for status in open.prefix(Self.limit) {
            let complaint = status.complaints.first
            let reason = complaint.map { ": \($0.title)" + ($0.detail.map { detail in ": \(detail)" } ?? "") } ?? ""
            lines.append("\(status.name): \(status.health.rawValue)\(reason)")
        }
        if open.count > Self.limit { lines.append("and \(open.count - Self.limit) more") }
        if let worst = open.max(by: { $0.health < $1.health }) { lines.append("Look at: \(look(worst))") }
        // Machines said it.
        return lines.map { TerminalFilter.text($0).split(separator: "\n").joined(separator: " ") }
            .joined(separator: "\n       ")
    }

    private func look(_ status: MachineStatus) -> String {
        let logs = "slipway logs \(instance) \(status.name)"
        guard status.power == .running, status.cloudInit != .unknown, status.stage.map({ $0 >= .applied }) ?? true
        else {
            return "\(logs) --console"
        }
        return "\(logs) --unit \(status.unitToLookAt)"
    }

    private static let limit = 10
}
