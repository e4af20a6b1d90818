import BuildPlan
import BundleFormat
import Values

/// A cluster as a graph: machines by role, and the connections between roles. A thousand workers are one node that says so.
struct ClusterGraph {
    struct Machine {
        struct State {
            let word: String
            let isWell: Bool
        }

        let name: String
        let role: Role
        let address: IPv4Address
        /// Of an instance: how the machine is now.
        var state: State?
    }

    /// The machines of one role.
    struct Group {
        let role: Role
        let machines: [Machine]

        /// Those that are shown by name; of many the first ones, and all that are not well.
        var shown: [Machine] {
            guard machines.count > ClusterGraph.limit else { return machines }
            let unwell = machines.filter { $0.state.map { !$0.isWell } ?? false }
            let names = Set((machines.prefix(3) + unwell.prefix(ClusterGraph.limit - 3)).map(\.name))
            return machines.filter { names.contains($0.name) }
        }

        /// `997 more`, with how many of them are well.
        var rest: String? {
            let names = Set(shown.map(\.name))
            let hidden = machines.filter { !names.contains($0.name) }
            guard !hidden.isEmpty else { return nil }
            let unwell = hidden.count { $0.state.map { !$0.isWell } ?? false }
            return "and \(hidden.count) more" + (unwell > 0 ? ", \(unwell) of them not well" : "")
        }

        var title: String { "\(role.rawValue) (\(machines.count))" }
    }

    /// Machines of one role that are shown by name.
    private static let limit = 8

    let name: String
    /// In the order of ``Role``.
    let groups: [Group]
    let connections: [Connection]

    init(_ name: String, _ machines: [Machine]) {
        self.name = name
        let byRole = Dictionary(grouping: machines, by: \.role)
        groups = Role.allCases.compactMap { role in byRole[role].map { Group(role: role, machines: $0) } }
        connections = Connection.all(among: Set(byRole.keys))
    }

    init(_ plan: LaunchPlan) {
        self.init(plan.cluster, plan.machines.map { Machine(name: $0.name, role: $0.role, address: $0.address) })
    }

    // MARK: Text for other programs

    private func label(_ machine: Machine) -> String {
        "\(machine.name) \(machine.address)" + (machine.state.map { ", \($0.word)" } ?? "")
    }

    /// https://mermaid.js.org/syntax/flowchart.html
    var mermaid: String {
        var lines = ["flowchart TD", "  operator([operator])"]
        func quoted(_ text: String) -> String { "\"\(text.replacing("\"", with: "#quot;"))\"" }
        for group in groups {
            lines.append("  subgraph \(identifier(group.role))[\(quoted(group.title))]")
            for (number, machine) in group.shown.enumerated() {
                let mark = machine.state.map { $0.isWell ? ":::well" : ":::unwell" } ?? ""
                lines.append("    \(identifier(group.role))_\(number)[\(quoted(label(machine)))]\(mark)")
            }
            if let rest = group.rest { lines.append("    \(identifier(group.role))_more[\(quoted(rest))]") }
            lines.append("  end")
        }
        for connection in connections {
            let from = connection.from.map(identifier) ?? "operator"
            lines.append(
                "  \(from) -->|\(quoted("\(connection.port), \(connection.proof)"))| \(identifier(connection.to))")
        }
        lines += [
            "  classDef well stroke:#1a7f37,stroke-width:2px", "  classDef unwell stroke:#b3261e,stroke-width:2px",
        ]
        return lines.map { $0 + "\n" }.joined()
    }

    /// https://graphviz.org/doc/info/lang.html
    var dot: String {
        func quoted(_ text: String) -> String {
            "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
        }
        var lines = [
            "digraph \(quoted(name)) {", "  compound=true; rankdir=TB; node [shape=box, fontname=\"sans-serif\"];",
            "  edge [fontname=\"sans-serif\", fontsize=10];", "  operator [shape=oval];",
        ]
        for group in groups {
            lines.append("  subgraph cluster_\(identifier(group.role)) {\n    label=\(quoted(group.title));")
            for (number, machine) in group.shown.enumerated() {
                let colour = machine.state.map { $0.isWell ? ", color=\"#1a7f37\"" : ", color=\"#b3261e\"" } ?? ""
                lines.append("    \(identifier(group.role))_\(number) [label=\(quoted(label(machine)))\(colour)];")
            }
            if let rest = group.rest { lines.append("    \(identifier(group.role))_more [label=\(quoted(rest))];") }
            lines.append("  }")
        }
        for connection in connections {
            let (from, to) = (connection.from.map(identifier), identifier(connection.to))
            let tail = from.map { ", ltail=cluster_\($0)" } ?? ""
            // A line from a cluster to itself is one between two of its nodes.
            let isLoop = connection.from == connection.to
            let ends = isLoop ? "" : "\(tail), lhead=cluster_\(to)"
            let last = isLoop ? max(0, (groups.first { $0.role == connection.to }?.shown.count ?? 1) - 1) : 0
            lines.append(
                "  \(from.map { "\($0)_0" } ?? "operator") -> \(to)_\(last) "
                    + "[label=\(quoted("\(connection.port), \(connection.proof)"))\(ends)];")
        }
        return lines.map { $0 + "\n" }.joined() + "}\n"
    }

    private func identifier(_ role: Role) -> String { role.rawValue.replacing("-", with: "_") }
}
