import BuildPlan
import ClusterModel
import Values

/// A graph as SVG 1.1: boxes at fixed places, one for each role, numbered arrows between them, and what the numbers mean below. The
/// same graph gives the same bytes.
struct ClusterPicture {
    private static let width = 960
    private static let line = 20
    private static let boxWidth = 232

    private let graph: ClusterGraph
    private let boxes: [Node: Box]
    /// Of the picture above the legend.
    private let height: Int

    /// The person at the host, or the machines of one role.
    private enum Node: Hashable {
        case person
        case role(Role)
    }

    private struct Box {
        let x: Int
        let y: Int
        let height: Int
        let group: ClusterGraph.Group?

        var width: Int { ClusterPicture.boxWidth }
        var middle: (x: Int, y: Int) { (x + width / 2, y + height / 2) }
    }

    /// Column and row.
    private static func place(of node: Node) -> (column: Int, row: Int) {
        switch node {
        case .person: (1, 0)
        case .role(.jump): (0, 1)
        case .role(.loadBalancer): (1, 1)
        case .role(.vault): (0, 2)
        case .role(.controlPlane): (1, 2)
        case .role(.worker): (2, 2)
        case .role(.etcd): (1, 3)
        }
    }

    init(_ graph: ClusterGraph) {
        self.graph = graph
        let nodes: [(Node, ClusterGraph.Group?)] = [(.person, nil)] + graph.groups.map { (.role($0.role), $0) }
        func lines(_ group: ClusterGraph.Group?) -> Int {
            guard let group else { return 0 }
            return group.shown.count + (group.rest == nil ? 0 : 1)
        }
        let heights = nodes.map { 40 + lines($0.1) * Self.line }
        var y = 24
        var boxes: [Node: Box] = [:]
        for row in 0...3 {
            let inRow = nodes.indices.filter { Self.place(of: nodes[$0].0).row == row }
            guard let highest = inRow.map({ heights[$0] }).max() else { continue }
            for index in inRow {
                let column = Self.place(of: nodes[index].0).column
                boxes[nodes[index].0] = Box(
                    x: 48 + column * (Self.width - 96 - Self.boxWidth) / 2, y: y, height: heights[index],
                    group: nodes[index].1)
            }
            y += highest + 72
        }
        self.boxes = boxes
        height = y - 40
    }

    /// A whole document, with the list of connections below the picture.
    var svg: String { svg(listing: legend.map(row)) }

    /// The picture alone, for a page that lists the connections as ``rows``.
    var picture: String { svg(listing: []) }

    private func svg(listing rows: [String]) -> String {
        let total = rows.isEmpty ? height : height + 40 + rows.count * 24 + 24
        var parts = [
            """
            <svg xmlns="http://www.w3.org/2000/svg" class="cluster" width="\(Self.width)" height="\(total)" \
            viewBox="0 0 \(Self.width) \(total)" role="img" aria-labelledby="cluster-title cluster-text">
            <title id="cluster-title">\(HTML.escaped(graph.name)): machines and connections</title>
            <desc id="cluster-text">\(HTML.escaped(summary))</desc>
            <style>\(Self.style)</style>
            <defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" \
            orient="auto-start-reverse"><path class="head" d="M0 0L8 4L0 8z"/></marker></defs>
            <rect class="paper" width="100%" height="100%"/>
            """
        ]
        for (number, lines) in numbered.enumerated() { parts.append(arrow(lines, number + 1)) }
        for group in graph.groups {
            if let box = boxes[.role(group.role)] { parts.append(draw(box)) }
        }
        if let box = boxes[.person] { parts.append(draw(box)) }
        for (number, lines) in numbered.enumerated() { parts.append(badge(lines, number + 1)) }
        for (index, row) in rows.enumerated() {
            let y = height + 40 + index * 24
            parts.append("<text class=\"note\" x=\"48\" y=\"\(y)\">\(row)</text>")
        }
        return parts.joined(separator: "\n") + "\n</svg>"
    }

    private var summary: String {
        graph.groups.map { "\($0.machines.count) \($0.role.rawValue)" }.joined(separator: ", ")
            + "; the numbered connections are listed below the picture"
    }

    // MARK: Boxes

    private func draw(_ box: Box) -> String {
        let frame =
            "<rect class=\"box\" x=\"\(box.x)\" y=\"\(box.y)\" width=\"\(box.width)\" height=\"\(box.height)\" rx=\"8\"/>"
        let title = box.group?.title ?? "operator, at the host"
        var parts = [
            frame, "<text class=\"title\" x=\"\(box.x + 16)\" y=\"\(box.y + 26)\">\(HTML.escaped(title))</text>",
        ]
        var y = box.y + 26 + Self.line
        for machine in box.group?.shown ?? [] {
            var x = box.x + 16
            if let state = machine.state {
                let kind = state.isWell ? "well" : "unwell"
                parts.append("<circle class=\"\(kind)\" cx=\"\(x + 5)\" cy=\"\(y - 4)\" r=\"5\"/>")
                x += 18
            }
            let state = machine.state.map { " \($0.word)" } ?? ""
            parts.append(
                "<text x=\"\(x)\" y=\"\(y)\">\(HTML.escaped(Self.short(machine.name))) <tspan class=\"soft\">\(machine.address)\(HTML.escaped(state))</tspan></text>"
            )
            y += Self.line
        }
        if let rest = box.group?.rest {
            parts.append("<text class=\"soft\" x=\"\(box.x + 16)\" y=\"\(y)\">\(HTML.escaped(rest))</text>")
        }
        return parts.joined(separator: "\n")
    }

    /// So much of a name fits beside an address.
    private static func short(_ name: String) -> String { name.count <= 12 ? name : "\(name.prefix(11))…" }

    // MARK: Arrows

    /// Connections between the same two ends share an arrow. Those to every machine have none: they are said in words.
    private var numbered: [[Connection]] {
        var groups: [[Connection]] = []
        for connection in graph.connections where !Self.isEverywhere(connection) {
            if let index = groups.firstIndex(where: { $0[0].from == connection.from && $0[0].to == connection.to }) {
                groups[index].append(connection)
            } else {
                groups.append([connection])
            }
        }
        return groups
    }

    private static func isEverywhere(_ connection: Connection) -> Bool {
        connection.from == .jump && connection.proof == .sshKey(.jump)
    }

    /// The way of an arrow, with the place of its number.
    private func way(_ connection: Connection) -> (path: String, x: Int, y: Int)? {
        let from = connection.from.map(Node.role) ?? .person
        guard let start = boxes[from], let end = boxes[.role(connection.to)] else { return nil }
        if from == .role(connection.to) {
            let (x, y) = (start.x + start.width, start.middle.y)
            return ("M\(x) \(y - 12)C\(x + 60) \(y - 20) \(x + 60) \(y + 20) \(x + 4) \(y + 12)", x + 47, y)
        }
        let (a, b) = (Self.place(of: from), Self.place(of: .role(connection.to)))
        var (p, q) = (start.middle, end.middle)
        if a.row == b.row {
            // To the other direction a second line would lie on the first.
            let shift = a.column < b.column ? -10 : 10
            p = (a.column < b.column ? start.x + start.width : start.x, min(p.y, q.y) + shift)
            q = (a.column < b.column ? end.x : end.x + end.width, p.y)
        } else if b.row - a.row > 1, a.column != b.column {
            // Past the boxes between: down beside them, then in from the side.
            let x = start.x - 24
            let y = end.middle.y
            return ("M\(start.x) \(p.y)H\(x)V\(y)H\(end.x - 2)", (x + end.x) / 2, y)
        } else {
            let isDown = a.row < b.row
            let shift = (b.column - a.column) * 60
            p = (p.x + shift, isDown ? start.y + start.height : start.y)
            q = (q.x - shift, isDown ? end.y - 2 : end.y + end.height + 2)
        }
        return ("M\(p.x) \(p.y)L\(q.x) \(q.y)", (p.x + q.x) / 2, (p.y + q.y) / 2)
    }

    private func arrow(_ connections: [Connection], _ number: Int) -> String {
        guard let way = way(connections[0]) else { return "" }
        return "<path class=\"arrow\" d=\"\(way.path)\" marker-end=\"url(#arrow)\"/>"
    }

    private func badge(_ connections: [Connection], _ number: Int) -> String {
        guard let way = way(connections[0]) else { return "" }
        return
            "<circle class=\"badge\" cx=\"\(way.x)\" cy=\"\(way.y)\" r=\"12\"/>"
            + "<text class=\"number\" x=\"\(way.x)\" y=\"\(way.y + 4)\">\(number)</text>"
    }

    // MARK: Legend

    /// What a connection's row says. Of those that share an arrow only the first has its number in the picture.
    private struct Row {
        let number: Int?
        let isFirst: Bool
        let ends: String
        let connection: Connection
    }

    private var legend: [Row] {
        func row(_ number: Int?, _ isFirst: Bool, _ connection: Connection, to end: String? = nil) -> Row {
            let ends = "\(connection.from?.rawValue ?? "operator") → \(end ?? connection.to.rawValue)"
            return Row(number: number, isFirst: isFirst, ends: ends, connection: connection)
        }
        let rows = numbered.enumerated().flatMap { number, connections in
            connections.enumerated().map { row(number + 1, $0.offset == 0, $0.element) }
        }
        return rows
            + graph.connections.filter(Self.isEverywhere).prefix(1).map { row(nil, true, $0, to: "every machine") }
    }

    /// The connections for a table: number in the picture, ends, port, what the caller shows, what for.
    var rows: [[String]] {
        legend.map { row in
            [
                row.number.map { "\($0)" } ?? "·", row.ends, "\(row.connection.port)", "\(row.connection.proof)",
                row.connection.purpose,
            ]
        }
    }

    private func row(_ row: Row) -> String {
        func cell(_ x: Int, _ text: String, _ kind: String = "") -> String {
            "<tspan x=\"\(x)\"\(kind.isEmpty ? "" : " class=\"\(kind)\"")>\(HTML.escaped(text))</tspan>"
        }
        let number = row.isFirst ? row.number.map { "\($0)" } ?? "·" : ""
        return cell(48, number, "strong") + cell(80, row.ends) + cell(330, "\(row.connection.port)")
            + cell(390, "\(row.connection.proof)") + cell(660, row.connection.purpose, "soft")
    }

    private static let style = """
        svg.cluster{--ink:#1b1f24;--soft:#59636e;--line:#7d8590;--paper:#fff;--box:#f6f8fa;--good:#1a7f37;--bad:#b3261e}
        @media(prefers-color-scheme:dark){svg.cluster{--ink:#e6edf3;--soft:#9198a1;--line:#7d8590;--paper:#0d1117;--box:#161b22;--good:#3fb950;--bad:#ff7b72}}
        svg.cluster text{font:14px system-ui,sans-serif;fill:var(--ink)}
        svg.cluster .paper{fill:var(--paper)}svg.cluster .box{fill:var(--box);stroke:var(--line)}
        svg.cluster .title,svg.cluster .strong{font-weight:600}svg.cluster text.soft,svg.cluster .soft{fill:var(--soft)}
        svg.cluster .arrow{fill:none;stroke:var(--line);stroke-width:1.5}svg.cluster .head{fill:var(--line)}
        svg.cluster .badge{fill:var(--paper);stroke:var(--line)}svg.cluster .number{text-anchor:middle;font-size:12px;font-weight:600}
        svg.cluster .well{fill:var(--good)}svg.cluster .unwell{fill:var(--bad)}
        """
}
