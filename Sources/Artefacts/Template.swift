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
        case literal([UInt8])
        /// `indent` holds the line's leading white space when the placeholder stands alone on its line.
        case value(name: String, line: Int, indent: [UInt8]?)
        case section(name: String, line: Int, inverted: Bool, body: [Node])
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

    /// The bytes of a template without values; nil when it has any.
    var literal: [UInt8]? {
        var bytes: [UInt8] = []
        for node in nodes {
            guard case .literal(let part) = node else { return nil }
            bytes += part
        }
        return bytes
    }

    /// The file's bytes.
    ///
    /// - Throws: ``TemplateError`` when a name is not given, has the wrong type, or is given and never used.
    public func render(_ values: TemplateValues) throws(TemplateError) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(1024)
        let used = try render(nodes, [values], &output)
        try requireUse(of: values, used, line: 1)
        return output
    }

    /// Appends the nodes and returns the names that were looked up, whichever scope answered.
    private func render(
        _ nodes: [Node], _ scopes: [TemplateValues], _ output: inout [UInt8]
    ) throws(TemplateError) -> Set<String> {
        var used: Set<String> = []
        for node in nodes {
            switch node {
            case .literal(let bytes):
                output += bytes
            case .value(let name, let line, let indent):
                used.insert(name)
                guard case .string(let text) = try lookUp(name, line, scopes) else {
                    throw TemplateError(
                        template: self.name, line: line, message: "'\(name)' is not text; use {{#\(name)}}")
                }
                append(text, indent, to: &output)
            case .section(let name, let line, let inverted, let body):
                used.insert(name)
                used.formUnion(try renderSection(name, line, inverted, body, scopes, &output))
            }
        }
        return used
    }

    private func renderSection(
        _ name: String, _ line: Int, _ inverted: Bool, _ body: [Node], _ scopes: [TemplateValues],
        _ output: inout [UInt8]
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
        let given = Set(scopes.flatMap(\.keys)).sorted().joined(separator: ", ")
        throw TemplateError(template: self.name, line: line, message: "'\(name)' is not defined; given are: \(given)")
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
        throw TemplateError(template: name, line: line, message: "'\(unused)' is given and never used")
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
