import Diagnostics
import Yams

/// Takes a YAML mapping apart key by key and notices what it was not asked for.
///
/// Each accessor records its key as known; ``finish(_:)`` reports every other key with a suggestion.
/// All findings go into the report and reading goes on, so that one run shows everything.
struct MappingReader {
    let document: YAMLDocument
    /// Key path of this mapping, such as `network` or `machines[3]`; empty for the document.
    let path: String
    private let pairs: [String: (key: Located<String>, value: Node)]
    private let order: [String]
    private var known: Set<String> = []
    /// The place of what should be a mapping and is something else; the report says so already.
    let refused: SourcePosition?

    init(_ node: Node, document: YAMLDocument, path: String, _ report: inout Report) {
        self.document = document
        self.path = path
        var pairs: [String: (key: Located<String>, value: Node)] = [:]
        var order: [String] = []
        let mapping = document.mapping(node, path: path, &report)
        refused = mapping == nil ? document.position(of: node) : nil
        if let mapping {
            for (key, value) in mapping {
                guard let name = key.scalar?.string, key.anchor == nil else {
                    report.error(
                        path.isEmpty ? "yaml" : path, "a key must be plain text", at: document.position(of: key),
                        help: "delete the brackets, the anchor or the alias")
                    continue
                }
                pairs[name] = (Located(name, at: document.position(of: key)), value)
                order.append(name)
            }
        }
        self.pairs = pairs
        self.order = order
    }

    func subject(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// The place of a key, for findings about its presence.
    func position(ofKey key: String) -> SourcePosition? { pairs[key]?.key.position }

    mutating func node(_ key: String) -> Node? {
        known.insert(key)
        return pairs[key]?.value
    }

    mutating func text(_ key: String, _ report: inout Report) -> Located<String>? {
        node(key).flatMap { document.text($0, path: subject(key), &report) }
    }

    mutating func integer(_ key: String, _ report: inout Report) -> Located<Int>? {
        node(key).flatMap { document.integer($0, path: subject(key), &report) }
    }

    mutating func flag(_ key: String, _ report: inout Report) -> Setting<Bool> {
        guard let node = node(key) else { return .absent }
        return document.setting(document.flag(node, path: subject(key), &report), node)
    }

    /// Reads the text below `key` by a rule.
    mutating func setting<Value>(_ key: String, _ rule: Rule<Value>, _ report: inout Report) -> Setting<Value> {
        guard let node = node(key) else { return .absent }
        return document.setting(node, path: subject(key), rule, &report)
    }

    /// Reads each text in the sequence below `key` by a rule; none when it is not there.
    mutating func settings<Value>(_ key: String, _ rule: Rule<Value>, _ report: inout Report) -> [Setting<Value>] {
        guard let node = node(key), let items = document.sequence(node, path: subject(key), &report) else { return [] }
        return items.enumerated().map { index, item in
            document.setting(item, path: "\(subject(key))[\(index)]", rule, &report)
        }
    }

    /// Reads a whole number inside a range.
    mutating func number(
        _ key: String, in range: ClosedRange<Int>, _ report: inout Report, refusal: (Int) -> Refusal
    ) -> Setting<Int> {
        guard let node = node(key) else { return .absent }
        guard let number = document.integer(node, path: subject(key), &report) else {
            return .refused(at: document.position(of: node))
        }
        guard range.contains(number.value) else {
            let refusal = refusal(number.value)
            report.error(subject(key), refusal.message, at: number.position, help: refusal.help)
            return .refused(at: number.position)
        }
        return .written(number.value, at: number.position)
    }

    /// Reads the mapping below `key` when it is there.
    mutating func mapping(
        _ key: String, _ report: inout Report, _ read: (inout MappingReader, inout Report) -> Void
    ) {
        guard let node = node(key) else { return }
        var reader = MappingReader(node, document: document, path: subject(key), &report)
        read(&reader, &report)
        reader.finish(&report)
    }

    /// Reads each mapping in the sequence below `key` when it is there.
    mutating func mappings<Value: Sendable>(
        _ key: String, _ report: inout Report,
        _ read: (inout MappingReader, SourcePosition, inout Report) -> Value
    ) -> Setting<[Value]> {
        guard let node = node(key) else { return .absent }
        let position = document.position(of: node)
        guard let items = document.sequence(node, path: subject(key), &report) else { return .refused(at: position) }
        var values: [Value] = []
        for (index, item) in items.enumerated() {
            var reader = MappingReader(item, document: document, path: "\(subject(key))[\(index)]", &report)
            values.append(read(&reader, document.position(of: item), &report))
            reader.finish(&report)
        }
        return .written(values, at: position)
    }

    /// All entries of a mapping whose keys are the person's own, such as `pki.generations`.
    mutating func entries() -> [(key: Located<String>, value: Node)] {
        known.formUnion(order)
        return order.compactMap { pairs[$0] }
    }

    /// Whether nothing stands behind a key that is there.
    func isNull(_ key: String) -> Bool { pairs[key].map { document.isNull($0.value) } ?? false }

    /// The unknown keys, in order.
    private var unknown: [String] { order.filter { !known.contains($0) } }

    /// The key that was probably meant; one that is there already was not.
    private func meant(by name: String) -> String? {
        let absent = known.filter { pairs[$0] == nil }
        if let other = Synonym.key(name), absent.contains(other) { return other }
        return Suggestion.nearest(to: name, among: absent)
    }

    /// The places of unknown keys that look like keys which are absent, by the key that was probably meant.
    ///
    /// Meaningful when everything has been asked for, as for ``finish(_:)``.
    func misspelt() -> [String: SourcePosition] {
        var places: [String: SourcePosition] = [:]
        // With very many unknown keys nothing is certain, and comparing them all would take long.
        for name in unknown.prefix(DiagnosticPrinter.limit) {
            if let meant = meant(by: name) { places[meant] = pairs[name]?.key.position }
        }
        return places
    }

    /// Reports the keys that nobody asked for.
    ///
    /// - Parameter home: where a key belongs that is none here, such as `network`.
    func finish(_ report: inout Report, home: (String) -> String? = { _ in nil }) {
        for (index, name) in unknown.enumerated() {
            guard let position = pairs[name]?.key.position else { continue }
            if let (scalar, place) = document.invisible(in: name, at: position) {
                report.add(YAMLParser.invisible(scalar, at: place, subject: subject(name)))
                continue
            }
            report.error(
                subject(name), "unknown key '\(name)'", at: position,
                help: index < DiagnosticPrinter.limit ? help(for: name, home) : nil)
        }
    }

    private func help(for name: String, _ home: (String) -> String?) -> String {
        if let colon = name.firstIndex(of: ":"), known.contains(String(name[..<colon])) {
            return "write '\(name[...colon]) \(name[colon...].dropFirst())', with a space behind the colon"
        }
        if let foreign = name.unicodeScalars.first(where: { !$0.isASCII }) {
            return "'\(foreign)' is \(foreign.codePoint), which is not ASCII"
        }
        if let meant = meant(by: name) { return "did you mean '\(meant)'?" }
        if let home = home(name) { return "'\(name)' belongs below '\(home):'" }
        return "expected one of: " + known.sorted().joined(separator: ", ")
    }
}
