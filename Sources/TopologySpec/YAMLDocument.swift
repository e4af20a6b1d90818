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
        return Located(scalar.string, at: position(of: node))
    }

    func integer(_ node: Node, path: String, _ report: inout Report) -> Located<Int>? {
        guard isPlain(node, path: path, &report) else { return nil }
        guard let scalar = node.scalar, scalar.style == .plain, let value = Int(scalar.string) else {
            mismatch(node, path: path, expected: "a whole number", &report)
            return nil
        }
        return Located(value, at: position(of: node))
    }

    func flag(_ node: Node, path: String, _ report: inout Report) -> Located<Bool>? {
        guard isPlain(node, path: path, &report) else { return nil }
        guard let scalar = node.scalar, scalar.style == .plain, let value = Bool(scalar.string) else {
            mismatch(node, path: path, expected: "true or false", &report)
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

    private func mismatch(_ node: Node, path: String, expected: String, _ report: inout Report) {
        let found =
            switch node {
            case .mapping: "a mapping"
            case .sequence: "a list"
            case .scalar(let scalar): isNull(scalar) ? "nothing" : "'\(scalar.string)'"
            case .alias: "an alias"
            }
        report.error(
            path.isEmpty ? "topology" : path, "expected \(expected), found \(found)", at: position(of: node),
            help: "expected \(expected)")
    }
}
