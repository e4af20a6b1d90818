import Diagnostics

/// Which quotes and brackets are open at a place, as far as that can be told from above: each value that begins with a quote is
/// followed to its end, and a quote that is not closed in its line is remembered.
struct YAMLScan {
    struct Open {
        let sign: Unicode.Scalar
        let line: Int
        let column: Int

        var closing: Unicode.Scalar { sign == "{" ? "}" : "]" }
    }

    /// The first quote that its line does not close, when it begins in or before the line at fault.
    private(set) var openQuote: Open?
    /// At the place, from the outermost to the innermost.
    private(set) var brackets: [Open] = []
    private(set) var bracketsAtEnd: [Open] = []
    /// The last line that has something in it.
    private(set) var lastLine: Int?

    init(_ source: SourceText, line last: Int, column: Int) {
        var number = 1
        while let line = source.line(number) {
            if line.contains(where: { !$0.isWhitespace }) { lastLine = number }
            if number == last { brackets = bracketsAtEnd }
            let quote = read(line, number, snapshotAt: number == last ? column - 1 : nil)
            if number <= last, openQuote == nil { openQuote = quote }
            number += 1
        }
        if last >= number { brackets = bracketsAtEnd }
    }

    /// - Returns: the quote that is open at the line's end.
    private mutating func read(_ line: Substring, _ number: Int, snapshotAt place: Int?) -> Open? {
        var quote: Open?
        // Whether a value can begin, and so a quote means one.
        var isStart = true
        var before: Unicode.Scalar = " "
        let scalars = Array(line.unicodeScalars)
        for (index, scalar) in scalars.enumerated() {
            if index == place { brackets = bracketsAtEnd }
            let open = Open(sign: scalar, line: number, column: index + 1)
            if let current = quote {
                // In single quotes two of them are one, in double quotes a backslash hides one.
                if scalar == current.sign, !(current.sign == "\"" && before == "\\") { quote = nil }
                before = before == "\\" && scalar == "\\" ? " " : scalar
                continue
            }
            switch scalar {
            case "#" where before == " " || before == "\t" || index == 0: return nil
            case "\"", "'":
                if isStart || before == scalar { quote = open }
                isStart = false
            case "{", "[":
                if isStart || !bracketsAtEnd.isEmpty { bracketsAtEnd.append(open) }
                isStart = true
            case "}", "]":
                if !bracketsAtEnd.isEmpty { bracketsAtEnd.removeLast() }
                isStart = false
            case ",": isStart = !bracketsAtEnd.isEmpty
            case " ": isStart = isStart || before == ":" || before == "-" || before == ","
            case "-", ":": break
            default: isStart = false
            }
            before = scalar
        }
        return quote
    }
}
