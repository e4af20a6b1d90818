import Diagnostics
import Yams

/// A parsed YAML file and the conversions from its nodes to typed values, each reporting at the node's place.
///
/// Values keep their spelling: `1.10` stays `1.10`. Anchors and aliases are refused, they only hide repetition
/// and make small files expand without bound.
struct YAMLDocument {
    let file: String
    let root: Node
    /// Kept alive because nodes hold their anchors weakly: without it every anchor would look absent.
    private let parser: Parser

    init(file: String, root: Node, parser: Parser) {
        self.file = file
        self.root = root
        self.parser = parser
    }

    func position(of node: Node) -> SourcePosition {
        let mark = node.mark
        let quotes = node.scalar.map { $0.style == .singleQuoted || $0.style == .doubleQuoted ? 2 : 0 } ?? 0
        return SourcePosition(
            file: file, line: mark?.line ?? 1, column: mark?.column ?? 1,
            length: (node.scalar?.string.unicodeScalars.count ?? 1) + quotes)
    }

    func mapping(_ node: Node, path: String, _ report: inout Report) -> Node.Mapping? {
        guard isPlain(node, path: path, &report) else { return nil }
        guard let mapping = node.mapping else {
            mismatch(node, path: path, expected: "a mapping (key: value)", &report)
            return nil
        }
        return mapping
    }

    func sequence(_ node: Node, path: String, _ report: inout Report) -> Node.Sequence? {
        guard isPlain(node, path: path, &report) else { return nil }
        guard let sequence = node.sequence else {
            mismatch(node, path: path, expected: "a list (- item)", &report)
            return nil
        }
        return sequence
    }

    func text(_ node: Node, path: String, _ report: inout Report) -> Located<String>? {
        guard isPlain(node, path: path, &report) else { return nil }
        guard let scalar = node.scalar, !isNull(scalar) else {
            mismatch(node, path: path, expected: "text", &report)
            return nil
        }
        if let (character, place) = invisible(in: scalar.string, at: position(of: node)) {
            report.add(YAMLParser.invisible(character, at: place, subject: path))
            return nil
        }
        return Located(scalar.string, at: position(of: node))
    }

    func setting<Value>(_ value: Located<Value>?, _ node: Node) -> Setting<Value> {
        value.map { .written($0.value, at: $0.position) } ?? .refused(at: position(of: node))
    }

    func setting<Value>(
        _ node: Node, path: String, _ rule: Rule<Value>, _ report: inout Report
    ) -> Setting<Value> {
        guard let text = text(node, path: path, &report) else { return .refused(at: position(of: node)) }
        switch rule.parse(text.value) {
        case .success(let value): return .written(value, at: text.position)
        case .failure(let refusal):
            report.error(path, refusal.message, at: text.position, help: refusal.help)
            return .refused(at: text.position)
        }
    }

    /// The first character in a value that nobody sees, and its place; line breaks of a block of text are none.
    func invisible(in text: String, at position: SourcePosition) -> (Unicode.Scalar, SourcePosition)? {
        guard !text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) || $0 == 10 || $0 == 9 }) else { return nil }
        let scalars = text.unicodeScalars
        guard let index = scalars.firstIndex(where: { $0 != "\n" && $0 != "\t" && $0.isInvisible }) else { return nil }
        let offset = scalars.distance(from: scalars.startIndex, to: index)
        let isOneLine = !text.contains("\n")
        return (
            scalars[index],
            SourcePosition(
                file: position.file, line: position.line, column: position.column + (isOneLine ? offset : 0))
        )
    }

    func integer(_ node: Node, path: String, _ report: inout Report) -> Located<Int>? {
        guard isPlain(node, path: path, &report) else { return nil }
        guard let scalar = node.scalar, scalar.style == .plain, let value = Int(scalar.string) else {
            mismatch(node, path: path, expected: "a whole number", isMeant: { Int($0) != nil }, &report)
            return nil
        }
        return Located(value, at: position(of: node))
    }

    func flag(_ node: Node, path: String, _ report: inout Report) -> Located<Bool>? {
        guard isPlain(node, path: path, &report) else { return nil }
        guard let scalar = node.scalar, scalar.style == .plain, let value = Bool(scalar.string) else {
            mismatch(node, path: path, expected: "true or false", isMeant: { Bool($0) != nil }, &report)
            return nil
        }
        return Located(value, at: position(of: node))
    }

    private func isPlain(_ node: Node, path: String, _ report: inout Report) -> Bool {
        if case .alias = node {
            report.error(path, "aliases are not supported", at: position(of: node), help: "write the value out")
            return false
        }
        guard node.anchor == nil else {
            report.error(
                path, "anchors and aliases are not supported", at: position(of: node), help: "write the value out")
            return false
        }
        return true
    }

    private func isNull(_ scalar: Node.Scalar) -> Bool {
        scalar.style == .plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }

    /// - Parameter isMeant: whether a text would be the value if it were not in quotes.
    private func mismatch(
        _ node: Node, path: String, expected: String, isMeant: (String) -> Bool = { _ in false },
        _ report: inout Report
    ) {
        var help = "expected \(expected)"
        let found: String
        switch node {
        case .mapping: found = "a mapping"
        case .sequence: found = "a list"
        case .alias: found = "an alias"
        case .scalar(let scalar):
            found = isNull(scalar) ? "nothing" : "'\(scalar.string)'"
            if scalar.style != .plain, isMeant(scalar.string) { help = "remove the quotes: \(help)" }
        }
        report.error(
            path.isEmpty ? "topology" : path, "expected \(expected), found \(found)", at: position(of: node), help: help
        )
    }
}
