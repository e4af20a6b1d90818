import Diagnostics
import Yams

/// Parses YAML text and turns the parser's errors into diagnostics with a place.
enum YAMLParser {
    /// The largest file that is read; a topology of 5,000 machines written one by one is under 1 MiB.
    static let largestFile = 4 << 20

    static func parse(_ source: SourceText, _ report: inout Report) -> YAMLDocument? {
        guard source.text.utf8.count <= largestFile else {
            report.error("topology", "the file is larger than 4 MiB", at: nil, help: "write equal machines as a group")
            return nil
        }
        do {
            let parser = try Parser(yaml: source.text, encoding: .utf8)
            guard let root = try parser.singleRoot() else {
                report.error(
                    "topology", "the file is empty", at: SourcePosition(file: source.file, line: 1, column: 1),
                    help: "start from topologies/ha.yaml")
                return nil
            }
            return YAMLDocument(file: source.file, root: root, parser: parser)
        } catch {
            report.add(diagnostic(for: error, in: source))
            return nil
        }
    }

    private static func diagnostic(for error: any Error, in source: SourceText) -> Diagnostic {
        switch error as? YamlError {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let detail = context.map { " (\($0.text.split(separator: "\n").first ?? ""))" } ?? ""
            return Diagnostic(
                .error, "yaml", problem + detail, at: position(mark, in: source), help: "not valid YAML from here on")
        case .duplicatedKeysInMapping(let keys, let context):
            let key = keys.first ?? ""
            return Diagnostic(
                .error, key, "the key '\(key)' is written twice in one mapping",
                at: repetition(of: key, after: context.mark, in: source),
                help: "first written in line \(context.mark.line); remove one")
        case .reader(let problem, let offset, _, _):
            let line = 1 + source.text.prefix(offset ?? 0).count { $0.isNewline }
            return Diagnostic(
                .error, "yaml", problem, at: SourcePosition(file: source.file, line: line, column: 1),
                help: "a topology is UTF-8 text without control characters")
        default:
            return Diagnostic(.error, "yaml", "not valid YAML: \(error)", at: nil)
        }
    }

    private static func position(_ mark: Mark, in source: SourceText) -> SourcePosition {
        SourcePosition(file: source.file, line: mark.line, column: mark.column)
    }

    /// The parser names only the first of the repeated keys; the one to look at is the second.
    private static func repetition(of key: String, after first: Mark, in source: SourceText) -> SourcePosition {
        var number = first.line
        while let line = source.line(number) {
            let scalars = Array(line.unicodeScalars)
            let start = number == first.line ? first.column : 0
            for column in start..<max(start, scalars.count) {
                let rest = String(String.UnicodeScalarView(scalars[column...]))
                let isKey = rest.hasPrefix(key) && rest.dropFirst(key.count).drop { $0 == " " }.first == ":"
                // In block style the second key stands in the first one's column, in flow style anywhere behind it.
                let isInFlow = number == first.line && column > 0 && "{, ".unicodeScalars.contains(scalars[column - 1])
                if isKey, column + 1 == first.column || isInFlow {
                    return SourcePosition(
                        file: source.file, line: number, column: column + 1, length: key.unicodeScalars.count)
                }
            }
            number += 1
        }
        return SourcePosition(
            file: source.file, line: first.line, column: first.column, length: key.unicodeScalars.count)
    }
}
