import BundleFormat
import Foundation
import Launching
import Synchronization

/// What `up` says while it works: on a terminal one line for each machine that changes in place, elsewhere a line for each
/// step, and with `--format json` an event for each, one a line.
final class UpEvents: Sendable {
    private let instance: String
    private let format: OutputFormat
    private let context: Context
    private let clock = ContinuousClock()
    private let begin: ContinuousClock.Instant
    private let last = Mutex<[String: Progress]>([:])

    /// How far a machine is, and what it waits for: not why, since a reason may be another one at each look.
    private struct Progress: Hashable {
        let step: String
        let subject: String?

        init(_ status: MachineStatus) {
            step = status.step
            subject = status.isApplied || status.hasFailed ? status.complaints.first?.title : nil
        }
    }

    init(instance: String, format: OutputFormat, context: Context) {
        (self.instance, self.format, self.context) = (instance, format, context)
        begin = clock.now
    }

    func started(_ summary: UpSummary) {
        guard format == .json else { return }
        for machine in summary.started { event("started", machine) }
    }

    /// Called again and again with the status of every machine that is waited for.
    func progress(_ statuses: [MachineStatus]) {
        let now = Dictionary(statuses.map { ($0.name, Progress($0)) }) { first, _ in first }
        let before = last.withLock { last in
            let before = last
            last = now
            return before
        }
        let changed = statuses.filter { before[$0.name] != now[$0.name] }
        switch format {
        case .json: for status in changed { event(status.step, status.name, status.complaints.first) }
        case .text where context.redraws: redraw(statuses, again: !before.isEmpty)
        case .text: context.err(StatusOutput.plain(changed.map { "\(stamp)  \($0.name): \(Self.words($0))" }))
        }
    }

    /// `waiting: etcd quorum: no leader`
    private static func words(_ status: MachineStatus) -> String {
        guard status.isApplied || status.hasFailed, let complaint = status.complaints.first else { return status.step }
        return StatusOutput.sentence(complaint)
    }

    func finished(_ summary: UpSummary, _ statuses: [MachineStatus], waitedFor goal: Waiter.Goal?) {
        let all = summary.instance.plan.machines.count
        let cluster = ClusterStatus(statuses)
        switch format {
        case .json:
            var object = JSONObject([
                ("event", "summary"), ("instance", .string(instance)), ("machines", .integer(Int64(all))),
                ("started", .strings(summary.started)), ("updated", .bool(summary.isUpdated)),
                ("applied", .strings(statuses.filter(\.isApplied).map(\.name))),
                ("healthy", .strings(statuses.filter(\.isHealthy).map(\.name))),
                ("needRestart", .strings(summary.needRestart)), ("seconds", .integer(seconds)),
            ])
            for (key, value) in StatusOutput.facts(cluster) { object[key] = value }
            context.out(JSONOutput.line(.object(object)))
        case .text:
            let update = summary.isUpdated ? ", updated" : ""
            let reached = goal.map { goal in
                ", \(statuses.count(where: goal.isReached)) \(goal.rawValue) after \(seconds) s"
            }
            var lines = ["\(instance): \(all) machines, \(summary.started.count) started\(update)\(reached ?? "")"]
            lines += StatusOutput.cluster(cluster)
            // Said only of a cluster whose API has answered.
            if cluster.nodes != nil { lines.append("kubectl: slipway kubectl \(instance) -- get nodes") }
            context.out(StatusOutput.plain(lines))
        }
    }

    private var seconds: Int64 { (clock.now - begin).components.seconds }

    /// `  42 s`
    private var stamp: String {
        let text = "\(seconds) s"
        return String(repeating: " ", count: max(0, 6 - text.count)) + text
    }

    private func event(_ name: String, _ machine: String, _ complaint: HealthReport.Finding? = nil) {
        var object = JSONObject([
            ("event", .string(name)), ("machine", .string(machine)), ("seconds", .integer(seconds)),
        ])
        object["waitsFor"] = complaint.map { .string($0.title) }
        object["detail"] = complaint?.detail.map { .string($0) }
        context.out(JSONOutput.line(.object(object)))
    }

    /// ECMA-48: up by as many lines as were drawn before, each erased to its end and cut off at the edge (DECAWM), so that a
    /// machine has one line whatever it says.
    private func redraw(_ statuses: [MachineStatus], again: Bool) {
        let width = statuses.map(\.name.count).max() ?? 0
        var text = (again ? "\u{1B}[\(statuses.count)A" : "") + "\u{1B}[?7l"
        for status in statuses {
            let colour = status.isHealthy ? 32 : status.health == .sick ? 31 : 33
            let name = status.name.padding(toLength: width, withPad: " ", startingAt: 0)
            let words = StatusOutput.plain([Self.words(status)]).split(separator: "\n").joined()
            text += "\r\u{1B}[K  \(name)  " + (context.errHasColour ? "\u{1B}[\(colour)m\(words)\u{1B}[0m" : words)
            text += status.isHealthy ? "\n" : "  \(seconds) s\n"
        }
        context.err(text + "\u{1B}[?7h")
    }
}
