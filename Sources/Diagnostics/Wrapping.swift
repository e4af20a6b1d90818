/// Text for people, broken where a terminal's line ends.
public enum Wrapping {
    /// The text in lines of at most so many columns, broken at spaces; what is in single quotes stays in one line, since people copy it,
    /// and a word that is longer than a line is not broken.
    ///
    /// - Parameters:
    ///   - width: nil to break nothing.
    ///   - first: the column at which the text begins in its first line.
    ///   - indent: what stands before each further line.
    public static func wrapped(_ text: String, to width: Int?, first: Int = 0, indent: String) -> String {
        guard let width else { return text }
        var result = ""
        var column = first
        for piece in pieces(of: text, longest: width - indent.count) {
            let length = columns(of: piece)
            if result.isEmpty {
                result += piece
                column += length
            } else if column + 1 + length <= width {
                result += " " + piece
                column += 1 + length
            } else {
                result += "\n" + indent + piece
                column = indent.count + length
            }
        }
        return result
    }

    /// Each line of what a program says that a person reads as a sentence, wrapped; others, such as quotes and tables, as they are.
    public static func sentences(_ text: String, to width: Int?) -> String {
        guard let width else { return text }
        return text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            guard columns(of: line) > width,
                let count = openings.first(where: { plain(line).hasPrefix($0.text) })?.indent ?? afterNumber(line)
            else { return String(line) }
            let indent = String(repeating: " ", count: count)
            // What stands in front of the text is no word to break at.
            let lead = line.prefix { $0 == " " }
            return lead + wrapped(String(line.dropFirst(lead.count)), to: width, first: lead.count, indent: indent)
        }.joined(separator: "\n")
    }

    /// How such lines begin, and how far their further lines are indented.
    private static let openings: [(text: String, indent: Int)] = [
        ("error: ", 2), ("warning: ", 2), ("note: ", 2), ("  = ", 4), ("Error: ", 7), ("Help:  ", 7), ("Usage: ", 7),
    ]

    /// Where the text of a numbered step begins, `  2. `; nil for what is none.
    private static func afterNumber(_ line: Substring) -> Int? {
        let lead = line.prefix { $0 == " " }
        let digits = line.dropFirst(lead.count).prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty, line.dropFirst(lead.count + digits.count).hasPrefix(". ") else { return nil }
        return lead.count + digits.count + 2
    }

    /// Lines of a name, spaces and a value: where one is too long all values stand below their names.
    public static func fields(_ text: String, to width: Int?) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let width, lines.contains(where: { columns(of: $0) > width }) else { return text }
        return lines.map { line in
            guard let gap = line.firstRange(of: "  ") else { return String(line) }
            return "\(line[..<gap.lowerBound])\n  \(line[gap.upperBound...].drop { $0 == " " })"
        }.joined(separator: "\n")
    }

    /// Words, and what is in quotes as one.
    private static func pieces(of text: String, longest: Int) -> [String] {
        var pieces: [String] = []
        // Words since a quote began; nil outside of one.
        var quoted: [Substring]?
        func endsQuote(_ word: Substring) -> Bool {
            word.last { !",.;:)?".contains($0) } == "'"
        }
        for word in text.split(separator: " ") {
            if var words = quoted {
                words.append(word)
                let joined = words.joined(separator: " ")
                if endsQuote(word), columns(of: joined) <= longest {
                    pieces.append(joined)
                    quoted = nil
                } else if endsQuote(word) || columns(of: joined) > longest {
                    pieces += words.map(String.init)
                    quoted = nil
                } else {
                    quoted = words
                }
            } else if word.hasPrefix("'"), word.count > 1, !endsQuote(word) {
                quoted = [word]
            } else {
                pieces.append(String(word))
            }
        }
        return pieces + (quoted ?? []).map(String.init)
    }

    /// Without what makes colours.
    private static func plain(_ text: some StringProtocol) -> String {
        var (plain, isHidden) = ("", false)
        for character in text {
            if character == "\u{1B}" { isHidden = true }
            if !isHidden { plain.append(character) }
            if isHidden, character == "m" { isHidden = false }
        }
        return plain
    }

    private static func columns(of text: some StringProtocol) -> Int { plain(text).count }
}
