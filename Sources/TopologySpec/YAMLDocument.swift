import Diagnostics
import Values
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
            let help =
                switch node {
                case .sequence: "write 'key: value', without dashes and brackets"
                case .scalar(let scalar) where isNull(scalar): "write its keys below it, indented, or delete the line"
                default: "write 'key: value' lines below it, indented, or { key: value }"
                }
            mismatch(node, path: path, expected: "a mapping (key: value)", help: help, &report)
            return nil
        }
        return mapping
    }

    func sequence(_ node: Node, path: String, _ report: inout Report) -> Node.Sequence? {
        guard isPlain(node, path: path, &report) else { return nil }
        guard let sequence = node.sequence else {
            let help =
                switch node {
                case .scalar(let scalar) where isNull(scalar): "write '- …' lines below it, or delete the line"
                case .scalar(let scalar) where scalar.string.unicodeScalars.count <= 40: "write [\(scalar.string)]"
                case .scalar: "write it below, behind '- '"
                default: "begin each entry with '- '"
                }
            mismatch(node, path: path, expected: "a list (- item)", help: help, &report)
            return nil
        }
        return sequence
    }

    func text(_ node: Node, path: String, _ report: inout Report) -> Located<String>? {
        guard isPlain(node, path: path, &report) else { return nil }
        guard let scalar = node.scalar, !isNull(scalar) else {
            let help =
                switch node {
                case .scalar: "write a value, or delete the line"
                case .sequence: "write one value, without brackets and dashes"
                default: "write one value, without braces"
                }
            mismatch(node, path: path, expected: "text", help: help, &report)
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
            let message = text.value.isEmpty ? "the value is empty" : refusal.message
            report.error(path, message, at: text.position, help: help(refusal, text.value))
            return .refused(at: text.position)
        }
    }

    /// What to do about a text that was refused: some mistakes have nothing to do with what was expected.
    private func help(_ refusal: Refusal, _ text: String) -> String {
        if text.contains(where: \.isNewline) { return "write it in one line, behind the colon" }
        if let sign = text.firstIndex(of: "#"), sign > text.startIndex { return "a comment needs a space before its #" }
        guard let foreign = text.unicodeScalars.first(where: { !$0.isASCII }) else { return refusal.help }
        return "'\(foreign)' is \(foreign.codePoint), which is not ASCII; \(refusal.help)"
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
        // In one spelling: elsewhere 040 is 32.
        guard let scalar = node.scalar, scalar.style == .plain, let value = Int(scalar.string),
            "\(value)" == scalar.string
        else {
            mismatch(node, path: path, expected: "a whole number", help: numberHelp(node), &report)
            return nil
        }
        return Located(value, at: position(of: node))
    }

    private func numberHelp(_ node: Node) -> String {
        guard let scalar = node.scalar, !isNull(scalar) else { return "write digits, such as 3" }
        let text = scalar.string
        if scalar.style != .plain, Int(text) != nil { return "remove the quotes" }
        if let value = Int(text) {
            return text.hasPrefix("+") ? "write \(value), without a sign" : "write \(value), without zeros before it"
        }
        if !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }) { return "no number here is that large" }
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        if let value = Int(digits), text.dropFirst(digits.count).first?.isWhitespace == true {
            return "write the number alone: \(value)"
        }
        return "write digits and nothing else, such as 3"
    }

    func flag(_ node: Node, path: String, _ report: inout Report) -> Located<Bool>? {
        guard isPlain(node, path: path, &report) else { return nil }
        guard let scalar = node.scalar, scalar.style == .plain, let value = Bool(scalar.string) else {
            let text = node.scalar?.string ?? ""
            let help =
                switch text.lowercased() {
                case "true" where text == "true", "false" where text == "false": "remove the quotes"
                case "true", "yes", "y", "on", "1": "write true"
                case "false", "no", "n", "off", "0": "write false"
                default: "write true or false"
                }
            mismatch(node, path: path, expected: "true or false", help: help, &report)
            return nil
        }
        return Located(value, at: position(of: node))
    }

    private func isPlain(_ node: Node, path: String, _ report: inout Report) -> Bool {
        let place = path.isEmpty ? "yaml" : path
        if case .alias = node {
            report.error(place, "aliases are not supported", at: position(of: node), help: "write the value out")
            return false
        }
        guard node.anchor == nil else {
            report.error(
                place, "anchors and aliases are not supported", at: position(of: node), help: "write the value out")
            return false
        }
        guard !hasTag(node) else {
            report.error(
                place, "tags are not supported", at: position(of: node), help: "write the value without the !")
            return false
        }
        return true
    }

    /// Whether a `!tag` stands before the node; YAML's own, such as `!!str`, too: a value means what its key says.
    private func hasTag(_ node: Node) -> Bool {
        let tag: Tag =
            switch node {
            case .scalar(let scalar): scalar.tag
            case .mapping(let mapping): mapping.tag
            case .sequence(let sequence): sequence.tag
            case .alias(let alias): alias.tag
            }
        return tag.description.hasPrefix("!")
    }

    private func isNull(_ scalar: Node.Scalar) -> Bool {
        scalar.style == .plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }

    /// Whether nothing stands behind a key.
    func isNull(_ node: Node) -> Bool { node.scalar.map(isNull) ?? false }

    private func mismatch(_ node: Node, path: String, expected: String, help: String, _ report: inout Report) {
        let found =
            switch node {
            case .mapping: "a mapping"
            case .sequence: "a list"
            case .alias: "an alias"
            case .scalar(let scalar): isNull(scalar) ? "nothing" : "'\(printable(scalar.string, limit: 40))'"
            }
        report.error(
            path.isEmpty ? "yaml" : path, "expected \(expected), found \(found)", at: position(of: node), help: help)
    }
}
