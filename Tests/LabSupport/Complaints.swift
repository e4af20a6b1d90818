import HostSystem
import TestSupport

/// What a machine should complain of.
package struct Complaint: Sendable, CustomStringConvertible {
    let machine: String
    /// A unit, or a check of machine.json.
    let subject: String
    /// Part of the reason.
    let text: String
    /// Nil where a machine that has just started may still be waiting.
    let health: String?

    package init(_ machine: String, _ subject: String, _ text: String = "", health: String? = "sick") {
        self.machine = machine
        self.subject = subject
        self.text = text
        self.health = health
    }

    package var description: String { "\(machine): \(health ?? "not healthy"): \(subject): \(text)" }

    fileprivate func stands(in report: InstanceReport) -> Bool {
        let complaints = report.machines.first { $0.name == machine }?.complaints ?? []
        return complaints.contains {
            $0.name == subject && (health ?? $0.health) == $0.health && ($0.detail ?? "").contains(text)
        }
    }
}

extension Lab {
    /// Waits until each complaint has been heard, whichever comes first.
    ///
    /// - Returns: nothing if all were; else those that were not, and what was said instead.
    package func unheard(_ expected: [Complaint], within seconds: Double) throws -> String {
        var open = expected
        var last: [String] = []
        _ = try eventually(within: seconds) {
            let report = try report()
            open.removeAll { $0.stands(in: report) }
            last = report.complaints
            return open.isEmpty
        }
        return open.isEmpty ? "" : (open.map(\.description) + ["instead:"] + last).joined(separator: "\n")
    }

    /// Waits until every machine is healthy, but for one that is not looked at; what is not, where that does not come.
    package func complaints(after seconds: Double, except machine: String? = nil) throws -> [String] {
        var last: [String] = []
        _ = try eventually(within: seconds) {
            last = try report().complaints.filter { line in machine.map { !line.hasPrefix("\($0):") } ?? true }
            return last.isEmpty
        }
        return last
    }

    /// Runs a shell command in a machine as root; it must succeed.
    package func shell(_ machine: String, _ script: String) throws {
        let result = try inside(machine, "sh", "-euc", script)
        guard result.status == 0 else { throw Failed(command: "\(script) on \(machine)", result: result) }
    }
}

extension InstanceReport {
    var complaints: [String] {
        faults
            + machines.flatMap { machine in
                machine.complaints.map { "\(machine.name): \($0.health): \($0.name): \($0.detail ?? "")" }
            }
    }
}
