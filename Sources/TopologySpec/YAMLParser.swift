import Diagnostics
import Yams

/// Parses YAML text and turns the parser's errors into diagnostics with a place and a way out.
enum YAMLParser {
    /// The largest file that is read; a topology of 5,000 machines written one by one is under 1 MiB.
    static let largestFile = 4 << 20
    /// The most characters that begin or separate values: each node of the document costs some hundred bytes of memory.
    private static let largestStructure = 200_000

    /// - Parameter beginning: what to do with a file that is empty.
    static func parse(
        _ source: SourceText, _ report: inout Report, beginning: String = "write at least one key"
    ) -> YAMLDocument? {
        let structure = ",[{:\n".utf8
        guard source.text.utf8.count <= largestFile,
            source.text.utf8.lazy.filter({ structure.contains($0) }).prefix(largestStructure + 1).count
                <= largestStructure
        else {
            report.error(
                "yaml", "the file is too large: at most 4 MiB and \(largestStructure) keys, values and lines are read",
                at: nil, help: "write equal machines as one group, with 'count:'")
            return nil
        }
        if let line = lineOfDeepNesting(source.text) {
            report.error(
                "yaml", "more than \(deepest) lists and mappings inside one another",
                at: SourcePosition(file: source.file, line: line, column: 1), help: "no topology needs more than six")
            return nil
        }
        // Inside a text it is a character that nobody sees, and the parser loses it before a value.
        if let mark = source.text.unicodeScalars.dropFirst().firstIndex(of: "\u{FEFF}") {
            let before = source.text.unicodeScalars[..<mark].split(separator: "\n", omittingEmptySubsequences: false)
            report.add(
                invisible(
                    "\u{FEFF}",
                    at: SourcePosition(
                        file: source.file, line: before.count, column: (before.last?.count ?? 0) + 1)))
            return nil
        }
        do {
            let parser = try Parser(yaml: source.text, encoding: .utf8)
            guard let root = try parser.singleRoot() else {
                report.error(
                    "yaml", "the file is empty", at: SourcePosition(file: source.file, line: 1, column: 1),
                    help: beginning)
                return nil
            }
            return YAMLDocument(file: source.file, root: root, parser: parser)
        } catch {
            report.add(diagnostic(for: error, in: source))
            return nil
        }
    }

    /// The deepest nesting that is handed to the parser, which calls itself for each level on a stack of perhaps 512 KiB.
    private static let deepest = 100

    /// The line in which nesting is too deep, estimated from above: brackets in quotes are counted too.
    private static func lineOfDeepNesting(_ text: String) -> Int? {
        var (line, column, open) = (1, 0, 0)
        var columns: [Int] = []
        var (isInFront, isComment, before) = (true, false, Unicode.Scalar(" "))
        for scalar in text.unicodeScalars {
            switch scalar {
            // The line breaks of YAML 1.1.
            case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}":
                if scalar != "\r" { line += 1 }
                (column, isInFront, isComment, before) = (0, true, false, " ")
                continue
            case _ where isComment: continue
            case "#" where before == " " || before == "\t": isComment = true
            case "{", "[": open += 1
            case "}", "]": open = max(0, open - 1)
            default: break
            }
            // Blocks begin where a line begins, and behind each "- " or "? " there.
            if isInFront, scalar != " ", !isComment {
                while let last = columns.last, last >= column { columns.removeLast() }
                columns.append(column)
                isInFront = scalar == "-" || scalar == "?"
            }
            if open + columns.count > deepest { return line }
            (column, before) = (column + 1, scalar)
        }
        return nil
    }

    private static func diagnostic(for error: any Error, in source: SourceText) -> Diagnostic {
        switch error as? YamlError {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            return YAMLComplaint(source, problem, context, mark).diagnostic
        case .duplicatedKeysInMapping(let keys, let context):
            let key = keys.first ?? ""
            return Diagnostic(
                .error, key, "the key '\(key)' is written twice in one mapping",
                at: repetition(of: key, after: context.mark, in: source),
                help: "first written in line \(context.mark.line); remove one")
        case .reader(let problem, let offset, let value, _):
            return unreadable(problem, offset ?? 0, value, in: source)
        default:
            return Diagnostic(.error, "yaml", "the file is not valid YAML: \(error)", at: nil)
        }
    }

    /// The finding about a character that nobody sees.
    static func invisible(_ scalar: Unicode.Scalar, at position: SourcePosition, subject: String = "yaml") -> Diagnostic
    {
        Diagnostic(
            .error, subject, "there is an invisible character here: \(scalar.codePoint)", at: position,
            help: "delete it, or type an ordinary space")
    }

    private static func unreadable(
        _ problem: String, _ offset: Int, _ value: Int32, in source: SourceText
    ) -> Diagnostic {
        // The offset counts bytes of the UTF-8 text.
        let before = source.text.utf8.prefix(offset)
        let text = String(Substring(before))
        let line = 1 + text.count { $0.isNewline }
        let column = 1 + (text.split(omittingEmptySubsequences: false) { $0.isNewline }.last?.unicodeScalars.count ?? 0)
        let position = SourcePosition(file: source.file, line: line, column: column)
        if let scalar = UInt32(exactly: value).flatMap(Unicode.Scalar.init), value > 0 {
            return Diagnostic(
                .error, "yaml", "there is a control character here: \(scalar.codePoint)", at: position,
                help: "delete it")
        }
        return Diagnostic(
            .error, "yaml", problem, at: position, help: "save the file as UTF-8 text without control characters")
    }

    /// The parser names only the first of the repeated keys; the one to look at is the second.
    private static func repetition(of key: String, after first: Mark, in source: SourceText) -> SourcePosition {
        let name = Array(key.unicodeScalars)
        var number = first.line
        while let line = source.line(number) {
            let scalars = Array(line.unicodeScalars)
            let start = number == first.line ? first.column : 0
            for column in start..<max(start, scalars.count) where scalars[column...].starts(with: name) {
                let isKey = scalars[(column + name.count)...].first { $0 != " " } == ":"
                // In block style the second key stands in the first one's column, in flow style anywhere behind it.
                let isInFlow = number == first.line && column > 0 && "{, ".unicodeScalars.contains(scalars[column - 1])
                if isKey, column + 1 == first.column || isInFlow {
                    return SourcePosition(file: source.file, line: number, column: column + 1, length: name.count)
                }
            }
            number += 1
        }
        return SourcePosition(
            file: source.file, line: first.line, column: first.column, length: name.count)
    }
}
