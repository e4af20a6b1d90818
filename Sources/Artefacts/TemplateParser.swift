/// Gives what an included file consists of, by its path and the line that includes it.
typealias Include = (_ path: String, _ line: Int) throws(TemplateError) -> [Template.Literal]

/// Splits a template's text into nodes.
struct TemplateParser {
    private let name: String
    private let bytes: [UInt8]
    private var offset = 0
    private var line = 1

    private let include: Include

    init(name: String, text: String, include: @escaping Include) {
        self.name = name
        self.include = include
        bytes = Array(text.utf8)
    }

    private static let open = Array("{{".utf8)
    private static let close = Array("}}".utf8)
    private static let newline = UInt8(ascii: "\n")

    mutating func parse() throws(TemplateError) -> [Template.Node] { try parseBody(of: nil) }

    /// Reads nodes up to the closing tag of `section`, or to the end of the text at the top.
    private mutating func parseBody(of section: (name: String, line: Int)?) throws(TemplateError) -> [Template.Node] {
        var nodes: [Template.Node] = []
        while let start = find(Self.open, from: offset) {
            guard let end = find(Self.close, from: start) else {
                throw error("'{{' is not closed with '}}'", at: start)
            }
            let tag = String(decoding: bytes[(start + 2)..<end], as: UTF8.self)
            let kind = tag.first ?? " "
            let word = tag.drop { "#^/!>".contains($0) }.trimmingPrefix { $0 == " " }
            let key = String(word.reversed().drop { $0 == " " }.reversed())
            let lineStart = lineStart(of: start)
            let alone = isAlone(from: lineStart, start, end + 2)
            let isBlock = "#^/!>".contains(kind)
            appendLiteral(to: &nodes, upTo: isBlock && alone ? max(lineStart, offset) : start)
            let tagLine = line
            advance(to: isBlock && alone ? afterLine(end + 2) : end + 2)
            if kind != "!" {
                guard !key.isEmpty, key.utf8.allSatisfy({ Self.isNameByte($0) || kind == ">" && Self.isPathByte($0) })
                else {
                    throw TemplateError(
                        template: name, line: tagLine,
                        message:
                            "'{{\(tag)}}' is not a tag; expected {{name}}, {{#name}}, {{^name}}, {{/name}}, {{> file}} or {{! comment}}"
                    )
                }
            }
            switch kind {
            case "!": continue
            case ">":
                guard alone else {
                    throw TemplateError(
                        template: name, line: tagLine, message: "{{> \(key)}} must be alone on its line")
                }
                let indent = bytes[lineStart..<start]
                for var literal in try include(key, tagLine) {
                    literal.bytes = Self.indented(literal.bytes, by: indent)
                    nodes.append(.literal(literal))
                }
            case "#", "^":
                let body = try parseBody(of: (key, tagLine))
                nodes.append(.section(name: key, line: tagLine, inverted: kind == "^", body: body))
            case "/":
                guard section?.name == key else {
                    let message =
                        section.map { "found {{/\(key)}}, expected {{/\($0.name)}} for line \($0.line)" }
                        ?? "{{/\(key)}} closes a section that was not opened"
                    throw TemplateError(template: name, line: tagLine, message: message)
                }
                return nodes
            default:
                nodes.append(.value(name: key, line: tagLine, indent: alone ? Array(bytes[lineStart..<start]) : nil))
            }
        }
        if let section {
            throw TemplateError(template: name, line: section.line, message: "{{#\(section.name)}} is never closed")
        }
        appendLiteral(to: &nodes, upTo: bytes.count)
        return nodes
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        (97...122).contains(byte) || (65...90).contains(byte) || (48...57).contains(byte) || byte == 45 || byte == 95
    }

    private static func isPathByte(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "/") || byte == UInt8(ascii: ".") }

    /// Every line moved to the right, but not the empty ones: they would end in blanks.
    private static func indented(_ bytes: [UInt8], by indent: ArraySlice<UInt8>) -> [UInt8] {
        guard !indent.isEmpty else { return bytes }
        return bytes.split(separator: newline, omittingEmptySubsequences: false).map { $0.isEmpty ? [] : indent + $0 }
            .joined(separator: [newline]).map { $0 }
    }

    private mutating func appendLiteral(to nodes: inout [Template.Node], upTo end: Int) {
        if end > offset {
            nodes.append(.literal(Template.Literal(bytes: Array(bytes[offset..<end]), file: name, line: line)))
        }
        advance(to: max(end, offset))
    }

    private mutating func advance(to end: Int) {
        line += bytes[offset..<end].count { $0 == Self.newline }
        offset = end
    }

    private func find(_ pattern: [UInt8], from start: Int) -> Int? {
        guard bytes.count >= start + pattern.count else { return nil }
        return (start...(bytes.count - pattern.count)).first { bytes[$0] == pattern[0] && bytes[$0 + 1] == pattern[1] }
    }

    private func lineStart(of position: Int) -> Int {
        (bytes[..<position].lastIndex(of: Self.newline) ?? -1) + 1
    }

    private func afterLine(_ position: Int) -> Int {
        bytes[position...].firstIndex(of: Self.newline).map { $0 + 1 } ?? bytes.count
    }

    private func isAlone(from lineStart: Int, _ start: Int, _ end: Int) -> Bool {
        let blank: (UInt8) -> Bool = { $0 == 32 || $0 == 9 }
        let lineEnd = bytes[end...].firstIndex(of: Self.newline) ?? bytes.count
        return bytes[lineStart..<start].allSatisfy(blank) && bytes[end..<lineEnd].allSatisfy(blank)
    }

    private func error(_ message: String, at position: Int) -> TemplateError {
        TemplateError(
            template: name, line: line + bytes[offset..<position].count { $0 == Self.newline }, message: message)
    }
}
