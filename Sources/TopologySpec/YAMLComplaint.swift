import Diagnostics
import Yams

/// What libyaml could not read, in the words of somebody who wants to go on, at the place where the mistake was made. libyaml notices many a
/// mistake lines later.
struct YAMLComplaint {
    private let source: SourceText
    private let problem: String
    private let context: String
    /// Where what could not be read begins.
    private let start: Mark?
    /// Where libyaml noticed it, counted from 1.
    private let line: Int
    private let column: Int
    private let scan: YAMLScan

    init(_ source: SourceText, _ problem: String, _ context: YamlError.Context?, _ mark: Mark) {
        self.source = source
        self.problem = problem
        self.context = context.map { String($0.text.split(separator: "\n").first ?? "") } ?? ""
        start = context?.mark
        line = mark.line
        column = mark.column
        scan = YAMLScan(source, line: mark.line, column: mark.column)
    }

    var diagnostic: Diagnostic {
        unclosed ?? conflict ?? whitespace ?? known
            ?? finding(
                problem + (context.isEmpty ? "" : " (\(context))"), at: (line, column),
                help: "the file cannot be read as YAML beyond this point")
    }

    private func finding(_ message: String, at place: (line: Int, column: Int), length: Int = 1, help: String)
        -> Diagnostic
    {
        Diagnostic(
            .error, "yaml", message,
            at: SourcePosition(file: source.file, line: place.line, column: place.column, length: length), help: help)
    }

    // MARK: What was opened and not closed

    /// A quote or bracket without its other half.
    private var unclosed: Diagnostic? {
        if let quote = scan.openQuote {
            return finding(
                "this quote is never closed", at: (quote.line, quote.column), help: "add the closing \(quote.sign)")
        }
        // With as many closing as opening ones it is something else, such as a comma.
        guard !scan.bracketsAtEnd.isEmpty else { return nil }
        let isLast = line > (scan.lastLine ?? 0)
        let bracket =
            isLast
            ? scan.brackets.last
            : scan.brackets.last { $0.line == start?.line && $0.column == start?.column && $0.line < line }
        guard let bracket else { return nil }
        return finding(
            bracket.sign == "{" ? "this brace is never closed" : "this bracket is never closed",
            at: (bracket.line, bracket.column),
            help: "add the closing \(bracket.closing)" + (isLast ? "" : "; without it, line \(line) cannot be read"))
    }

    /// What git leaves in a file that two people changed.
    private var conflict: Diagnostic? {
        for number in max(1, line - 8)...(line + 1) {
            guard let text = source.line(number),
                let mark = ["<<<<<<<", "=======", ">>>>>>>"].first(where: text.hasPrefix)
            else { continue }
            return finding(
                "this is the mark of a merge conflict", at: (number, 1), length: mark.count,
                help: "keep one of the two sides, and delete the lines with <<<<<<<, ======= and >>>>>>>")
        }
        return nil
    }

    /// Tabs and characters that look like spaces but are none, in the line at fault or the one before it.
    private var whitespace: Diagnostic? {
        for number in [line, line - 1] {
            let scalars = Array((source.line(number) ?? "").unicodeScalars)
            let indent = scalars.prefix { $0 == " " || $0 == "\t" }
            if let tab = indent.firstIndex(of: "\t"), number == line {
                return finding(
                    "YAML is not indented with tabs", at: (number, tab + 1),
                    help: "use spaces, as many as the lines beside it have")
            }
            if let index = scalars.firstIndex(where: { $0 != "\t" && $0.isInvisible }) {
                return YAMLParser.invisible(
                    scalars[index], at: SourcePosition(file: source.file, line: number, column: index + 1))
            }
        }
        return nil
    }

    // MARK: libyaml's commonest complaints

    private var known: Diagnostic? {
        switch problem {
        case "mapping values are not allowed in this context": return misplacedKey
        case "could not find expected ':'": return missingColon
        case "did not find expected key", "did not find expected '-' indicator": return misplacedLine
        case "did not find expected ',' or '}'", "did not find expected ',' or ']'": return missingComma
        case "found character that cannot start any token":
            let sign = character.map { "\($0)" } ?? ""
            return finding(
                "a value cannot begin with \(sign)", at: (line, column), help: "put the whole value in quotes")
        case "found undefined alias":
            return finding(
                "* begins an alias, and aliases are not supported", at: (line, column),
                help: "put the whole value in quotes, or write it out")
        case "but found another document":
            return finding(
                "a second document begins here", at: (line, column), length: 3,
                help: "a file has one document: delete this line and what follows")
        case "did not find expected <document start>":
            return finding(
                "nothing can follow the '...' that ends a document", at: (line, column), help: "delete the '...'")
        default: return nil
        }
    }

    /// A second `: ` in a line, or a line that is indented below a value.
    private var misplacedKey: Diagnostic {
        let text = before(column)
        if let colon = text.firstRange(of: ": ") {
            let value = text[colon.upperBound...].drop { $0 == " " }
            if value.hasPrefix("(") {
                return finding(
                    "round brackets mean nothing in YAML", at: (line, column - value.unicodeScalars.count),
                    help: "write { key: value, … } for a mapping, or [a, b] for a list")
            }
            return finding(
                "a second ': ' in one line", at: (line, column),
                help: "put the value in quotes, or the second key on a line of its own")
        }
        guard let above = lines(before: line).first, let own = indent(line) else {
            return finding("a key cannot stand here", at: (line, column), help: "check the indentation")
        }
        // Of three lines the one in the middle may be the one that moved.
        let second = lines(before: above.number).first
        if let second, second.indent == own, above.indent < own, above.text.contains(": ") {
            return finding(
                "this line is indented less than the lines above and below it", at: (above.number, above.indent + 1),
                help: "use \(spaces(own)), as line \(second.number) has")
        }
        return finding(
            "this line is indented below line \(above.number), which has a value already", at: (line, own + 1),
            help: "use \(spaces(above.indent)), as line \(above.number) has")
    }

    /// A line that is no `key: value`; libyaml notices it in the next one.
    private var missingColon: Diagnostic {
        guard let above = lines(before: line).first else {
            return finding("this line is not 'key: value'", at: (line, column), help: "add a colon and a space")
        }
        let text = above.text
        let help =
            if text.hasPrefix("//") || text.hasPrefix("/*") {
                "a comment begins with #"
            } else if let wide = text.unicodeScalars.first(where: { $0 == "\u{FF1A}" || $0 == "\u{FE55}" }) {
                "\(wide) is \(wide.codePoint), not a colon: type an ordinary one and a space"
            } else if text.contains("=") {
                "write a colon and a space for the equals sign"
            } else if text.contains(":") {
                "add a space behind the colon"
            } else {
                "add a colon and a space behind the key"
            }
        return finding(
            "this line is not 'key: value'", at: (above.number, above.indent + 1), length: text.unicodeScalars.count,
            help: help)
    }

    /// A line that belongs to no block above it.
    private var misplacedLine: Diagnostic {
        let text = (source.line(line) ?? "").drop { $0 == " " }
        if let sign = character, sign == "}" || sign == "]" {
            return finding("this \(sign) closes nothing", at: (line, column), help: "delete it")
        }
        if text.hasPrefix("-"), !text.hasPrefix("- ") {
            return finding("a dash begins an entry only with a space behind it", at: (line, column), help: "write '- '")
        }
        let above = lines(before: line)
        guard let own = indent(line), own + 1 == column, let first = above.first else {
            return finding(
                "this does not continue the lines above", at: (line, column),
                help: "check the indentation, and quotes and brackets above")
        }
        if first.text.hasPrefix("- "), !text.hasPrefix("-"), first.indent + 2 == own, text.hasPrefix("{") {
            return finding(
                "this is no entry of the list above", at: (line, column),
                help: "write '- ' before it, with \(spaces(first.indent)) in front")
        }
        // The nearest line above that has the place that this one should have.
        let beside =
            above.first { abs($0.indent - own) == 1 && $0.text.hasPrefix("- ") == text.hasPrefix("- ") } ?? first
        return finding(
            "this line is indented by \(spaces(own)), and no line above it is", at: (line, column),
            help: "use \(spaces(beside.isEntry && !text.hasPrefix("- ") ? beside.indent + 2 : beside.indent)), "
                + "as line \(beside.number) has")
    }

    private var missingComma: Diagnostic {
        let closing = problem.hasSuffix("'}'") ? "}" : "]"
        if let sign = character, sign == "}" || sign == "]" {
            return finding("\(closing) is expected here, not \(sign)", at: (line, column), help: "write \(closing)")
        }
        // The colon was noticed; the comma is missing before its key.
        let words = before(column).split(separator: " ")
        let key = words.last.map { $0.unicodeScalars.count } ?? 0
        if words.dropLast().last?.hasSuffix(";") == true {
            return finding(
                "a semicolon does not separate entries", at: (line, column - key), length: max(1, key),
                help: "write a comma before this")
        }
        return finding(
            "a comma or a closing \(closing) is missing before this", at: (line, column - key), length: max(1, key),
            help: "separate entries with commas")
    }

    // MARK: The text around it

    private var character: Unicode.Scalar? { source.line(line)?.unicodeScalars.dropFirst(column - 1).first }

    /// The line up to a column.
    private func before(_ column: Int) -> String {
        String(String.UnicodeScalarView((source.line(line) ?? "").unicodeScalars.prefix(column - 1)))
    }

    private func indent(_ number: Int) -> Int? { source.line(number).map { $0.prefix { $0 == " " }.count } }

    private struct Above {
        let number: Int
        let indent: Int
        /// Without its indentation.
        let text: Substring

        var isEntry: Bool { text.hasPrefix("- ") }
    }

    /// The lines above that have something in them, the nearest first.
    private func lines(before number: Int) -> [Above] {
        (max(1, number - 40)..<max(1, number)).reversed().compactMap { number in
            guard let line = source.line(number) else { return nil }
            let indent = line.prefix { $0 == " " }.count
            let text = line.dropFirst(indent)
            return text.isEmpty || text.hasPrefix("#") ? nil : Above(number: number, indent: indent, text: text)
        }
    }

    private func spaces(_ count: Int) -> String {
        count == 1 ? "1 space" : count == 0 ? "no spaces" : "\(count) spaces"
    }
}
