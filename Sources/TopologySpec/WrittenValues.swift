public import Diagnostics
import Foundation
import Yams

/// One value that a person wrote in a topology, with the way to it and its place.
public struct WrittenValue: Sendable, Hashable {
    /// `network.pods`, `machines[3].address`; lists count from 0.
    public let path: String
    public let text: String
    /// Of the value with its quotes.
    public let position: SourcePosition

    /// All values of a topology in the order in which they are written; none when it is no YAML. Values of several lines are left out.
    public static func all(in source: SourceText) -> [WrittenValue] {
        var report = Report()
        guard let document = YAMLParser.parse(source, &report) else { return [] }
        var values: [WrittenValue] = []
        func add(_ node: Node, _ path: String) {
            switch node {
            case .scalar(let scalar):
                guard !scalar.string.contains(where: \.isNewline) else { return }
                values.append(WrittenValue(path: path, text: scalar.string, position: document.position(of: node)))
            case .mapping(let mapping):
                for (key, value) in mapping {
                    guard let key = key.scalar?.string else { continue }
                    add(value, path.isEmpty ? key : "\(path).\(key)")
                }
            case .sequence(let sequence):
                for (index, value) in sequence.enumerated() { add(value, "\(path)[\(index)]") }
            case .alias: break
            }
        }
        add(document.root, "")
        return values
    }

    /// The topology's text with another value in this place, in the same quotes.
    public func replaced(by text: String, in source: SourceText) -> SourceText {
        var lines = source.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.indices.contains(position.line - 1) else { return source }
        let scalars = Array(lines[position.line - 1].unicodeScalars)
        let start = position.column - 1
        let end = start + position.length
        guard start >= 0, end <= scalars.count else { return source }
        let old = String(String.UnicodeScalarView(scalars[start..<end]))
        guard let range = old.range(of: self.text) else { return source }
        let new = old.replacingCharacters(in: range, with: text)
        lines[position.line - 1] =
            String(String.UnicodeScalarView(scalars[..<start])) + new
            + String(String.UnicodeScalarView(scalars[end...]))
        return SourceText(file: source.file, text: lines.joined(separator: "\n"))
    }
}
