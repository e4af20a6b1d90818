import BundleFormat
import Launching
import Values

/// What `slipway status` prints: the cluster, its machines in a table, and below it, line by line, what is not as it should be.
enum StatusOutput {
    static func text(_ status: ClusterStatus, _ name: String, width: Int?) -> String {
        var table = TextTable("MACHINE", "ROLE", "ADDRESS", "POWER", "HEALTH", "APPLIED", "DRIFT", "WAITING")
        for machine in status.machines {
            table.add(
                machine.name, machine.role.rawValue, "\(machine.address)", machine.power.rawValue,
                machine.power == .running ? machine.health.rawValue : "-", applied(machine),
                count(machine.applied?.drift), count(machine.waiting))
        }
        let details = details(status)
        let sealedOff = status.sealedOff.map { [$0.sentence] + $0.examples } ?? []
        return plain(headline(status, name) + cluster(status) + sealedOff) + "\n" + table.text(width: width)
            + (details.isEmpty ? "" : "\n" + plain(details))
    }

    private static func headline(_ status: ClusterStatus, _ name: String) -> [String] {
        let healthy = status.machines.count(where: \.isHealthy)
        return ["\(name): \(status.health.rawValue), \(healthy) of \(status.machines.count) machines healthy"]
    }

    /// Nodes and leaders, as far as a machine could tell.
    static func cluster(_ status: ClusterStatus) -> [String] {
        var lines: [String] = []
        if let nodes = status.nodes {
            let versions = Set(nodes.map(\.version)).subtracting([""]).sorted()
            let ready = "nodes: \(nodes.count(where: \.isReady)) of \(nodes.count) Ready"
            lines.append(ready + (versions.isEmpty ? "" : " (\(versions.joined(separator: ", ")))"))
        }
        if !status.leaders.isEmpty {
            let leaders = status.leaders.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
            lines.append("leaders: \(leaders.joined(separator: ", "))")
        }
        if !status.apiAddress.isEmpty {
            lines.append("address of the API: \(status.apiAddress.joined(separator: ", and "))")
        }
        return lines
    }

    /// `2 1a2b3c4d5e6f`: the generation, and the digest of what was applied.
    static func applied(_ status: MachineStatus) -> String {
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

    static func details(_ status: ClusterStatus) -> [String] {
        var lines = status.faults.map { "fault: \($0)" }
        for machine in status.machines {
            lines += machine.complaints.map { "\(machine.name): \(sentence($0))" }
        }
        for node in status.nodes ?? [] where !node.isReady {
            lines.append("node \(node.name): not Ready" + (node.detail.map { ": \($0)" } ?? ""))
        }
        var waiting: [(names: [String], machines: [String])] = []
        for machine in status.machines where !machine.waiting.isEmpty {
            if let index = waiting.firstIndex(where: { $0.names == machine.waiting }) {
                waiting[index].machines.append(machine.name)
            } else {
                waiting.append((machine.waiting, [machine.name]))
            }
        }
        return lines
            + waiting.map {
                "\($0.machines.joined(separator: ", ")): absent, and what needs it is not looked at: \($0.names.joined(separator: ", "))"
            }
    }

    /// `sick: etcd quorum: no leader`
    static func sentence(_ finding: HealthReport.Finding) -> String {
        "\(finding.state.rawValue): \(finding.title)" + (finding.detail.map { ": \($0)" } ?? "")
    }

    /// Machines said it, and they say what they like.
    static func plain(_ lines: [String]) -> String {
        lines.map { TerminalFilter.text($0).split(separator: "\n").joined(separator: " ") + "\n" }.joined()
    }

    static func json(_ status: ClusterStatus, _ instance: Instance) -> JSONValue {
        var object = JSONObject([
            ("instance", .string(instance.paths.name)), ("cluster", .string(instance.record.cluster)),
            ("bundleDigest", .string("\(instance.record.bundleDigest)")),
            ("provider", .string(instance.record.provider.rawValue)), ("health", .string(status.health.rawValue)),
            ("faults", .strings(status.faults)), ("machines", .array(status.machines.map(\.json))),
        ])
        for (key, value) in facts(status) { object[key] = value }
        object["sealedOff"] = status.sealedOff?.json
        return .object(object)
    }

    /// What is known of the cluster as a whole; nothing is said of what is not.
    static func facts(_ status: ClusterStatus) -> [(String, JSONValue)] {
        var facts: [(String, JSONValue)] = []
        if let nodes = status.nodes {
            facts.append(
                (
                    "nodes",
                    .array(
                        nodes.map {
                            ["name": .string($0.name), "ready": .bool($0.isReady), "version": .string($0.version)]
                        })
                ))
        }
        if !status.leaders.isEmpty {
            facts.append(("leaders", .strings(status.leaders)))
        }
        return facts
    }
}
