import BundleFormat
import Launching
import Values

/// What `slipway status --watch` shows on a terminal: the cluster, its machines, what is not well, and what has changed since it began.
struct StatusScreen: Sendable {
    private let name: String
    private let colour: Bool
    private var status: ClusterStatus?
    private var seen = Timestamp(secondsSince1970: 0)
    /// The latest first.
    private var events: [String] = []

    init(name: String, colour: Bool) {
        self.name = name
        self.colour = colour
    }

    /// Adds a look at the cluster.
    mutating func add(_ status: ClusterStatus, at time: Timestamp) {
        if let before = self.status {
            let news = Self.changes(from: before, to: status).map { "\(Self.clock(time))  \($0)" }
            events = Array((news.reversed() + events).prefix(100))
        }
        self.status = status
        seen = time
    }

    /// What is different between two looks, a sentence each.
    static func changes(from old: ClusterStatus, to new: ClusterStatus) -> [String] {
        var changes: [String] = []
        let before = Dictionary(old.machines.map { ($0.name, $0) }) { first, _ in first }
        for machine in new.machines {
            guard let then = before[machine.name] else { continue }
            if then.step != machine.step { changes.append("\(machine.name): \(then.step), now \(machine.step)") }
            if let applied = machine.applied, applied.manifest != then.applied?.manifest {
                changes.append("\(machine.name): generation \(applied.generation) is applied")
            }
            for drift in machine.applied?.drift ?? [] where then.applied?.drift.contains(drift) != true {
                changes.append("\(machine.name): drift: \(drift)")
            }
        }
        for (component, leader) in new.leaders.sorted(by: { $0.key < $1.key }) where old.leaders[component] != leader {
            changes.append(
                "\(component): \(leader) leads" + (old.leaders[component].map { ", before it \($0)" } ?? ""))
        }
        let ready = Set((old.nodes ?? []).filter(\.isReady).map(\.name))
        for node in new.nodes ?? [] where old.nodes != nil && node.isReady != ready.contains(node.name) {
            changes.append("node \(node.name): \(node.isReady ? "Ready" : "not Ready")")
        }
        changes += new.faults.filter { !old.faults.contains($0) }.map { "fault: \($0)" }
        return changes
    }

    // MARK: Layout

    /// The screen's lines, none longer than it is wide. Where not all fits, machines that are not well come first, and what
    /// has changed keeps a third of the room.
    func lines(_ size: FullScreen.Size) -> [String] {
        guard let status else { return [fitting("\(name): looking…", size.columns)] }
        var top = [headline(status, size.columns)]
        top += StatusOutput.cluster(status).map { fitting($0, size.columns) } + [""]
        let bottom = fitting("ctrl-C ends. One look for a program: slipway status \(name) --format json", size.columns)

        let room = max(size.rows - top.count - 2, 0)
        let history = min(events.count, max(room / 3, room - status.machines.count - 2))
        let complaints = StatusOutput.details(status)
        let table = machines(status, rows: max(room - history - (history > 0 ? 2 : 0), 2), size.columns)
        var lines = top + table
        var rest = size.rows - lines.count - 1 - (history > 0 ? history + 2 : 0)
        if !complaints.isEmpty, rest > 1 {
            lines.append("")
            rest -= 1
            lines += complaints.prefix(rest).map { fitting($0, size.columns) }
        }
        if history > 0 {
            lines += ["", "SINCE IT IS WATCHED"] + events.prefix(history).map { fitting($0, size.columns) }
        }
        lines = Array(lines.prefix(max(size.rows - 1, 1)))
        lines += Array(repeating: "", count: max(size.rows - 1 - lines.count, 0))
        return size.rows > 1 ? lines + [bottom] : lines
    }

    private func headline(_ status: ClusterStatus, _ columns: Int) -> String {
        let healthy = status.machines.count(where: \.isHealthy)
        let rest = ", \(healthy) of \(status.machines.count) machines healthy"
        let clock = "\(Self.clock(seen)) UTC"
        let text = fitting("\(name): \(status.health.rawValue)\(rest)", max(columns - clock.count - 2, 0))
        let space = String(repeating: " ", count: max(columns - text.count - clock.count, 0))
        // Coloured last: control sequences have no width.
        return painted(text, status.health) + (columns > clock.count ? space + clock : "")
    }

    /// The table, cut to so many lines with its header.
    private func machines(_ status: ClusterStatus, rows: Int, _ columns: Int) -> [String] {
        var shown = status.machines
        if shown.count > rows - 1 {
            shown = Array(shown.filter { !$0.isHealthy } + shown.filter(\.isHealthy)).prefix(max(rows - 2, 0)) + []
        }
        var table = TextTable("MACHINE", "ROLE", "ADDRESS", "STATE", "APPLIED")
        for machine in shown {
            table.add(
                machine.name, machine.role.rawValue, "\(machine.address)", machine.step, StatusOutput.applied(machine))
        }
        var lines = table.text(width: nil).split(separator: "\n").map { fitting(String($0), columns) }
        for (index, machine) in shown.enumerated() { lines[index + 1] = painted(lines[index + 1], machine.health) }
        let hidden = status.machines.count - shown.count
        if hidden > 0 { lines.append(fitting("and \(hidden) more", columns)) }
        return lines
    }

    private func painted(_ line: String, _ health: Health) -> String {
        guard colour else { return line }
        let code =
            switch health {
            case .healthy: 32
            case .waiting: 33
            case .unknown: 35
            case .sick: 31
            }
        return "\u{1B}[\(code)m\(line)\u{1B}[0m"
    }

    /// A line that a machine may have had a part in, without control characters, and cut to a width.
    private func fitting(_ text: String, _ columns: Int) -> String {
        let line = TerminalFilter.text(text).split(separator: "\n").joined(separator: " ")
        return line.count <= columns ? line : String(line.prefix(max(columns - 1, 0))) + "…"
    }

    /// `12:34:56`
    private static func clock(_ time: Timestamp) -> String { String("\(time)".dropFirst(11).prefix(8)) }
}
