public import BundleFormat

/// A parsed template.
///
/// The language is the part of Mustache that files need: `{{name}}` inserts, `{{#name}}…{{/name}}` repeats a list or shows
/// a section when a flag is set, `{{^name}}…{{/name}}` shows it when the flag is clear or the list is empty,
/// `{{! … }}` is a comment, and `{{> path}}` alone on its line is another file's text, indented as the tag is. Nothing is ever
/// escaped. A section or comment tag alone on its line leaves no line behind. templates/README.md explains it with examples.
///
/// It is strict both ways: a name that is not given, and a value that is given and never used, are errors.
public struct Template: Sendable {
    indirect enum Node: Sendable {
        case literal(Literal)
        /// `indent` holds the line's leading white space when the placeholder stands alone on its line.
        case value(name: String, line: Int, indent: [UInt8]?)
        case section(name: String, line: Int, inverted: Bool, body: [Node])
    }

    /// Text that is taken as it is, and where it is written.
    struct Literal: Sendable {
        var bytes: [UInt8]
        /// The template, or the file that it includes.
        let file: String
        /// Of the first byte, from 1.
        let line: Int
    }

    let name: String
    let nodes: [Node]

    /// Parses the text of a template that includes no other file.
    ///
    /// - Throws: ``TemplateError`` for a tag that is not closed, closed twice or not understood.
    public init(name: String, text: String) throws(TemplateError) {
        try self.init(name: name, text: text) { (path, line) throws(TemplateError) in
            throw TemplateError(template: name, line: line, message: "'\(path)' is not in the templates directory")
        }
    }

    init(name: String, text: String, include: @escaping Include) throws(TemplateError) {
        var parser = TemplateParser(name: name, text: text, include: include)
        self.name = name
        nodes = try parser.parse()
    }

    /// What a template without values consists of; nil when it has any.
    var literals: [Literal]? {
        var literals: [Literal] = []
        for node in nodes {
            guard case .literal(let literal) = node else { return nil }
            literals.append(literal)
        }
        return literals
    }

    /// The file's bytes.
    ///
    /// - Throws: ``TemplateError`` when a name is not given, has the wrong type, or is given and never used.
    public func render(_ values: TemplateValues) throws(TemplateError) -> [UInt8] {
        var output = Output(isTraced: false)
        try render(values, &output)
        return output.bytes
    }

    /// The same with where each part of it comes from.
    ///
    /// - Throws: ``TemplateError`` as ``render(_:)`` does.
    public func trace(_ values: TemplateValues) throws(TemplateError) -> TracedText {
        var output = Output(isTraced: true)
        try render(values, &output)
        return TracedText(bytes: output.bytes, spans: output.spans)
    }

    private func render(_ values: TemplateValues, _ output: inout Output) throws(TemplateError) {
        output.bytes.reserveCapacity(1024)
        let used = try render(nodes, [values], &output)
        try requireUse(of: values, used, line: 1)
    }

    /// Appends the nodes and returns the names that were looked up, whichever scope answered.
    private func render(
        _ nodes: [Node], _ scopes: [TemplateValues], _ output: inout Output
    ) throws(TemplateError) -> Set<String> {
        var used: Set<String> = []
        for node in nodes {
            switch node {
            case .literal(let literal):
                output.add(literal.file, literal.line) { $0 += literal.bytes }
            case .value(let name, let line, let indent):
                used.insert(name)
                guard case .string(let text) = try lookUp(name, line, scopes) else {
                    throw TemplateError(
                        template: self.name, line: line, message: "'\(name)' is not text; use {{#\(name)}}")
                }
                output.add(self.name, line, value: name) { append(text, indent, to: &$0) }
            case .section(let name, let line, let inverted, let body):
                used.insert(name)
                output.sections.append((inverted ? "^" : "#") + name)
                used.formUnion(try renderSection(name, line, inverted, body, scopes, &output))
                output.sections.removeLast()
            }
        }
        return used
    }

    private func renderSection(
        _ name: String, _ line: Int, _ inverted: Bool, _ body: [Node], _ scopes: [TemplateValues],
        _ output: inout Output
    ) throws(TemplateError) -> Set<String> {
        switch (try lookUp(name, line, scopes), inverted) {
        case (.flag(let flag), _):
            // What is hidden still counts as used: the same values serve both settings of the flag.
            guard flag != inverted else { return names(in: body) }
            return try render(body, scopes, &output)
        case (.list(let elements), true):
            guard elements.isEmpty else { return names(in: body) }
            return try render(body, scopes, &output)
        case (.list(let elements), false):
            var used = names(in: body)
            for element in elements {
                let inside = try render(body, scopes + [element], &output)
                try requireUse(of: element, inside, line: line)
                used.formUnion(inside)
            }
            return used
        case (.string, _):
            throw TemplateError(template: self.name, line: line, message: "'\(name)' is text; use {{\(name)}}")
        }
    }

    private func append(_ text: String, _ indent: [UInt8]?, to output: inout [UInt8]) {
        guard let indent, !indent.isEmpty, text.utf8.contains(UInt8(ascii: "\n")) else {
            output += text.utf8
            return
        }
        for byte in text.utf8 {
            output.append(byte)
            if byte == UInt8(ascii: "\n") { output += indent }
        }
    }

    private func lookUp(_ name: String, _ line: Int, _ scopes: [TemplateValues]) throws(TemplateError) -> TemplateValue
    {
        for scope in scopes.reversed() {
            if let value = scope[name] { return value }
        }
        let given = Set(scopes.flatMap(\.keys)).sorted()
        let advice =
            given.isEmpty ? "this template has no values" : "its values are \(given.joined(separator: ", "))"
        throw TemplateError(template: self.name, line: line, message: "there is no value '\(name)'; \(advice)")
    }

    private func names(in nodes: [Node]) -> Set<String> {
        nodes.reduce(into: []) { names, node in
            switch node {
            case .literal: break
            case .value(let name, _, _): names.insert(name)
            case .section(let name, _, _, let body): names.formUnion(self.names(in: body).union([name]))
            }
        }
    }

    private func requireUse(of values: TemplateValues, _ used: Set<String>, line: Int) throws(TemplateError) {
        guard let unused = values.keys.filter({ !used.contains($0) }).min() else { return }
        throw TemplateError(
            template: name, line: line,
            message: "the value '\(unused)' is not used; expected {{\(unused)}} or {{#\(unused)}} somewhere")
    }
}

/// A rendered file with where each part of it comes from.
public struct TracedText: Sendable, Hashable {
    /// A part that was written at one place.
    public struct Span: Sendable, Hashable {
        /// In the file.
        public let range: Range<Int>
        /// The template, or the file that it includes, below the templates directory.
        public let file: String
        /// The line there of the first byte, from 1.
        public let line: Int
        /// The name in `{{name}}`; nil for what the template itself says.
        public let value: String?
        /// The sections around it, the outermost first: `#servers`, `^calico`.
        public let sections: [String]
    }

    public let bytes: [UInt8]
    /// In order, without gaps; empty for what no template made.
    public let spans: [Span]
}

/// What rendering has written so far.
private struct Output {
    let isTraced: Bool
    var bytes: [UInt8] = []
    var spans: [TracedText.Span] = []
    var sections: [String] = []

    init(isTraced: Bool) { self.isTraced = isTraced }

    mutating func add(_ file: String, _ line: Int, value: String? = nil, _ write: (inout [UInt8]) -> Void) {
        let start = bytes.count
        write(&bytes)
        guard isTraced, bytes.count > start else { return }
        spans.append(
            TracedText.Span(range: start..<bytes.count, file: file, line: line, value: value, sections: sections))
    }
}

/// A value that a template can ask for by name.
public enum TemplateValue: Sendable, Hashable {
    /// Inserted as it is, never escaped. Several lines are indented like the place they are inserted at
    /// when the placeholder stands alone on its line.
    case string(String)
    /// Decides whether a section appears.
    case flag(Bool)
    /// Repeats a section once per element, with the element's names in reach.
    case list([TemplateValues])
}

/// The names a template can use. A template must use every one, and nothing else.
public typealias TemplateValues = [String: TemplateValue]

extension TemplateValue: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
    public init(stringLiteral text: String) { self = .string(text) }
}

extension TemplateValue: ExpressibleByBooleanLiteral {
    public init(booleanLiteral flag: Bool) { self = .flag(flag) }
}

extension TemplateValue {
    /// A value in JSON, which as a string is a scalar of YAML too (YAML 1.2.2, 1.3: every JSON file is YAML).
    public static func json(_ value: JSONValue) -> TemplateValue {
        .string(String(decoding: CanonicalJSON.encode(value), as: UTF8.self))
    }

    /// An array in JSON with a line for each element, for files that people read and compare.
    public static func jsonLines(_ elements: [JSONValue]) -> TemplateValue {
        .string(String(decoding: CanonicalJSON.encodeLines(elements), as: UTF8.self))
    }

    /// The text of anything that describes itself: a name, an address, a version.
    public static func text(_ value: some CustomStringConvertible) -> TemplateValue { .string(value.description) }

    /// A list whose elements have one name each.
    public static func list(_ name: String, _ texts: some Sequence<String>) -> TemplateValue {
        .list(texts.map { [name: .text($0)] })
    }
}

/// A mistake in a template or in what it is given; always names the template and the line.
public struct TemplateError: Error, Sendable, Hashable, CustomStringConvertible {
    public let template: String
    /// Line in the template, from 1.
    public let line: Int
    public let message: String

    public var description: String { "templates/\(template):\(line): \(message)" }
}
