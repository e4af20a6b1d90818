import BundleFormat
import Launching
import Values

/// The table of `slipway status`, and below it, line by line, what is not as it should be.
enum StatusOutput {
    static func text(_ statuses: [MachineStatus], faults: [String] = []) -> String {
        var table = TextTable(
            "MACHINE", "ROLE", "ADDRESS", "POWER", "CLOUD-INIT", "APPLIED", "DRIFT", "FAILED", "WAITING")
        for status in statuses {
            table.add(
                status.name, status.role.rawValue, "\(status.address)", status.power.rawValue, cloudInit(status),
                applied(status), count(status.applied?.drift), count(status.failedUnits), count(status.waiting))
        }
        return table.text + details(statuses, faults)
    }

    /// What is known from outside stands in for what a machine could not be asked.
    private static func cloudInit(_ status: MachineStatus) -> String {
        guard status.cloudInit == .unknown else { return status.cloudInit.rawValue }
        return status.power == .running ? "no answer" : "-"
    }

    /// `2 1a2b3c4d5e6f`: the generation, and the digest of what was applied.
    private static func applied(_ status: MachineStatus) -> String {
        if status.isApplierAtWork { return "at work" }
        guard let applied = status.applied, let manifest = applied.manifest else { return "-" }
        let text = "\(applied.generation) \(manifest.hex.prefix(12))"
        if !status.isCurrent { return text + " (not the seed)" }
        return applied.isUnfinished ? text + " (unfinished)" : text
    }

    private static func count(_ lines: (some Collection)?) -> String {
        guard let lines else { return "-" }
        return lines.isEmpty ? "-" : "\(lines.count)"
    }

    private static func details(_ statuses: [MachineStatus], _ faults: [String]) -> String {
        var lines = faults.map { "fault: \($0)" }
        for status in statuses {
            lines += (status.applied?.drift ?? []).map { "\(status.name): drift: \($0)" }
            lines += (status.applied?.units ?? []).map { "\(status.name): unit: \($0)" }
            lines += status.failedUnits.map { "\(status.name): failed: \($0)" }
            if status.applier == "failed" { lines.append("\(status.name): the last run of slipway-apply failed") }
        }
        var waiting: [(names: [String], machines: [String])] = []
        for status in statuses where !status.waiting.isEmpty {
            if let index = waiting.firstIndex(where: { $0.names == status.waiting }) {
                waiting[index].machines.append(status.name)
            } else {
                waiting.append((status.waiting, [status.name]))
            }
        }
        lines += waiting.map {
            "\($0.machines.joined(separator: ", ")): waiting for \($0.names.joined(separator: ", "))"
        }
        // Machines said it, and they say what they like.
        return lines.isEmpty
            ? ""
            : "\n" + lines.map { TerminalFilter.text($0).split(separator: "\n").joined(separator: " ") + "\n" }.joined()
    }
}
