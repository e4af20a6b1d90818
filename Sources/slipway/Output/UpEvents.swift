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
    private let last = Mutex<[String: String]>([:])

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
        let steps = statuses.map { ($0.name, $0.step) }
        let before = last.withLock { last in
            let before = last
            last = Dictionary(steps) { first, _ in first }
            return before
        }
        let changed = steps.filter { before[$0.0] != $0.1 }
        switch format {
        case .json: for (machine, step) in changed { event(step, machine) }
        case .text where context.redraws: redraw(statuses, again: !before.isEmpty)
        case .text:
            for (machine, step) in changed { context.err("\(stamp)  \(machine): \(step)\n") }
        }
    }

    func finished(_ summary: UpSummary, _ statuses: [MachineStatus], waited: Bool) {
        let all = summary.instance.plan.machines.count
        switch format {
        case .json:
            context.out(
                JSONOutput.line([
                    "event": "summary", "instance": .string(instance), "machines": .integer(Int64(all)),
                    "started": .strings(summary.started), "updated": .bool(summary.isUpdated),
                    "applied": .strings(statuses.filter(\.isApplied).map(\.name)),
                    "needRestart": .strings(summary.needRestart), "seconds": .integer(seconds),
                ]))
        case .text:
            let update = summary.isUpdated ? ", updated" : ""
            let applied = waited ? ", \(statuses.filter(\.isApplied).count) applied after \(seconds) s" : ""
            context.out("\(instance): \(all) machines, \(summary.started.count) started\(update)\(applied)\n")
        }
    }

    private var seconds: Int64 { (clock.now - begin).components.seconds }

    /// `  42 s`
    private var stamp: String {
        let text = "\(seconds) s"
        return String(repeating: " ", count: max(0, 6 - text.count)) + text
    }

    private func event(_ name: String, _ machine: String) {
        context.out(
            JSONOutput.line(["event": .string(name), "machine": .string(machine), "seconds": .integer(seconds)]))
    }

    /// ECMA-48: up by as many lines as were drawn before, each erased to its end.
    private func redraw(_ statuses: [MachineStatus], again: Bool) {
        let width = statuses.map(\.name.count).max() ?? 0
        var text = again ? "\u{1B}[\(statuses.count)A" : ""
        for status in statuses {
            let colour = status.isApplied ? 32 : status.hasFailed ? 31 : 33
            let name = status.name.padding(toLength: width, withPad: " ", startingAt: 0)
            let step = context.errHasColour ? "\u{1B}[\(colour)m\(status.step)\u{1B}[0m" : status.step
            text += "\r\u{1B}[K  \(name)  \(step)"
            text += status.isApplied ? "\n" : "  \(seconds) s\n"
        }
        context.err(text)
    }
}
