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
    private var known: [String] = []

    init(_ node: Node, document: YAMLDocument, path: String, _ report: inout Report) {
        self.document = document
        self.path = path
        var pairs: [String: (key: Located<String>, value: Node)] = [:]
        var order: [String] = []
        if let mapping = document.mapping(node, path: path, &report) {
            for (key, value) in mapping {
                guard let name = key.scalar?.string, key.anchor == nil else {
                    report.error(
                        path, "a key must be plain text", at: document.position(of: key),
                        help: "remove the brackets, the anchor or the alias")
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
        known.append(key)
        return pairs[key]?.value
    }

    mutating func text(_ key: String, _ report: inout Report) -> Located<String>? {
        node(key).flatMap { document.text($0, path: subject(key), &report) }
    }

    mutating func integer(_ key: String, _ report: inout Report) -> Located<Int>? {
        node(key).flatMap { document.integer($0, path: subject(key), &report) }
    }

    mutating func flag(_ key: String, _ report: inout Report) -> Located<Bool>? {
        node(key).flatMap { document.flag($0, path: subject(key), &report) }
    }

    mutating func texts(_ key: String, _ report: inout Report) -> [Located<String>]? {
        guard let node = node(key), let items = document.sequence(node, path: subject(key), &report) else { return nil }
        return items.enumerated().compactMap { index, item in
            document.text(item, path: "\(subject(key))[\(index)]", &report)
        }
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
    mutating func mappings(
        _ key: String, _ report: inout Report,
        _ read: (inout MappingReader, SourcePosition, inout Report) -> Void
    ) {
        guard let node = node(key), let items = document.sequence(node, path: subject(key), &report) else { return }
        for (index, item) in items.enumerated() {
            var reader = MappingReader(item, document: document, path: "\(subject(key))[\(index)]", &report)
            read(&reader, document.position(of: item), &report)
            reader.finish(&report)
        }
    }

    /// All entries of a mapping whose keys are the person's own, such as `pki.generations`.
    mutating func entries() -> [(key: Located<String>, value: Node)] {
        known += order
        return order.compactMap { pairs[$0] }
    }

    /// Reports the keys that nobody asked for.
    func finish(_ report: inout Report) {
        for name in order where !known.contains(name) {
            guard let position = pairs[name]?.key.position else { continue }
            report.error(
                subject(name), "unknown key '\(name)'", at: position, help: Suggestion.help(for: name, among: known))
        }
    }
}
