import Launching

/// A line of `utmctl list`.
struct UTMEntry: Hashable, Sendable {
    let uuid: String
    let state: UTMState
    let name: String

    /// Whether this is the machine of a name. A list may have names without what UTM strips from them.
    func isNamed(_ name: String) -> Bool { self.name == name || self.name == UTMNames.stripped(name) }

    /// Parses what `utmctl list` prints: a line of headings, then a line for each machine with its UUID, its state padded
    /// to eight characters, and its name, which may hold anything. Nil when a line is something else.
    static func list(parsing output: String) -> [UTMEntry]? {
        let lines = output.split(whereSeparator: \.isNewline)
        guard let heading = lines.first, heading.hasPrefix("UUID") else { return nil }
        var entries: [UTMEntry] = []
        for line in lines.dropFirst() {
            let columns = line.split(separator: " ", maxSplits: 1)
            guard columns.count == 2, UTMLint.isUUID(String(columns[0])) else { return nil }
            let rest = columns[1].drop { $0 == " " }
            let word = rest.prefix { $0 != " " }
            guard let state = UTMState(rawValue: String(word)) else { return nil }
            // Padded, then one space: a name may begin with spaces itself.
            let name = rest.dropFirst(max(word.count, 8) + 1)
            entries.append(UTMEntry(uuid: String(columns[0]), state: state, name: String(name)))
        }
        return entries
    }
}

/// A machine's state as `utmctl` prints it.
enum UTMState: String, Hashable, Sendable {
    case stopped, starting, started, pausing, paused, resuming, stopping
    /// For a state that this version of `utmctl` does not know.
    case unknown

    /// What other providers call it; nil for a machine that is powered off.
    var running: RunningMachine.State? {
        switch self {
        case .stopped: nil
        case .starting, .resuming: .starting
        case .started, .unknown: .running
        case .pausing, .paused: .paused
        case .stopping: .stopping
        }
    }
}

/// What `utmctl` prints to its standard error, which it does without telling by its status.
///
/// A failed Apple event is `Error from event: The operation couldn’t be completed. (OSStatus error -1743.)`, then what the
/// application said, if it said anything; an error of its own is `Error: Virtual machine not found.`. Words are translated
/// with the system, numbers are not.
enum UTMComplaint: Hashable {
    /// errAEEventNotPermitted: no consent in Automation, or a session without a desktop.
    case notPermitted
    /// errAETimeout: UTM has the event and did not answer within the minute or two that `utmctl` waits.
    case unanswered
    /// procNotFound, connectionInvalid, kLSNoExecutable… : no UTM that would answer, or none can be started.
    case notReachable(String)
    /// Also when an event failed while `utmctl` looked for the machine, of which it says nothing: this is no proof.
    case notFound
    /// Starting what is not stopped and stopping what is not started: what was wanted may be so already.
    case notAvailable(String)
    case other(String)

    /// Nil when nothing was said that is an error: the system's own notes go to the same place.
    init?(_ errors: String) {
        let lines = errors.split(whereSeparator: \.isNewline)
        // What the application said stands below its error.
        guard let first = lines.firstIndex(where: { $0.hasPrefix("Error") }) else { return nil }
        let text = lines[first...].filter { !Self.isNote($0) }.joined(separator: " ")
            .trimmingSuffix(while: \.isWhitespace)
        if text.contains("error -1743") || text.contains("Not authorized to send Apple events") {
            self = .notPermitted
        } else if text.contains("error -1712") {
            self = .unanswered
        } else if Self.unreachable.contains(where: text.contains) {
            self = .notReachable(text)
        } else if text.contains("Virtual machine not found") {
            self = .notFound
        } else if ["Operation not available", "is not running", "must be stopped"].contains(where: text.contains) {
            self = .notAvailable(text)
        } else {
            self = .other(text)
        }
    }

    /// What the system's log writes beside: `2026-11-24 10:00:00.000 utmctl[4711:815] …`.
    private static func isNote(_ line: Substring) -> Bool {
        line.prefixMatch(of: /[0-9]{4}-[0-9]{2}-[0-9]{2}\s/) != nil
    }

    var text: String {
        switch self {
        case .notPermitted: "not permitted"
        case .unanswered: "no answer in time"
        case .notFound: "Virtual machine not found."
        case .notReachable(let text), .notAvailable(let text), .other(let text): text
        }
    }

    /// As MacErrors.h has them: procNotFound, connectionInvalid, kLSServerCommunicationErr, kLSUnknownErr.
    private static let unreachable = [
        "error -600", "error -609", "error -10822", "error -10810", "Application not found",
    ]
}
