/// Lays a report out for a person: each finding with the offending line and a caret under the text.
///
///     error[network.services]: 10.96.0.0/12 overlaps network.pods 10.100.0.0/16
///       --> topologies/ha.yaml:14:13
///        |
///     14 |   services: 10.96.0.0/12
///        |             ^^^^^^^^^^^^ choose a range outside 10.100.0.0/16
///
/// Whatever the input holds, the output is short and has no character in it that a terminal would act on.
public struct DiagnosticPrinter: Sendable {
    /// So many findings are shown; of the others there is a count.
    public static let limit = 20
    /// What is quoted of a longer line is this much around the caret, in Unicode scalars.
    private static let lineLimit = 160
    private static let textLimit = 400

    private let sources: [String: SourceText]
    private let colour: Bool
    private let width: Int?

    /// - Parameters:
    ///   - sources: the files that positions point into; a file that is missing is named but not quoted.
    ///   - colour: whether to use ANSI colours; only for a terminal.
    ///   - width: the terminal's columns; nil for what is no terminal.
    public init(sources: [SourceText], colour: Bool = false, width: Int? = nil) {
        self.width = width.map { max($0, 40) }
        self.sources = Dictionary(sources.map { ($0.file, $0) }) { first, _ in first }
        self.colour = colour
    }

    /// The report's worst findings and its closing count, ending in a newline; empty for an empty report.
    public func text(for report: Report) -> String {
        let shown = report.worst(Self.limit)
        guard !shown.isEmpty else { return "" }
        let rest = report.count - shown.count
        return shown.map(text(for:)).joined(separator: "\n") + "\n" + summary(of: report)
            + (rest > 0 ? "; \(rest) of them not shown" : "") + "\n"
    }

    /// One finding, ending in a newline.
    public func text(for diagnostic: Diagnostic) -> String {
        let mark = style(diagnostic.severity)
        let head = "\(diagnostic.severity.rawValue)[\(visible(diagnostic.subject))]"
        let help = diagnostic.help.map(visible)
        let message = Wrapping.wrapped(visible(diagnostic.message), to: width, first: head.count + 2, indent: "  ")
        var out = paint(head, mark) + ": \(message)\n"
        guard let position = diagnostic.position else {
            if let help { out += below(help, margin: " ") }
            return out
        }
        let number = String(position.line)
        let margin = String(repeating: " ", count: number.count)
        out += "\(margin)--> \(position)\n"
        guard let line = sources[position.file]?.line(position.line) else {
            if let help { out += below(help, margin: margin) }
            return out
        }
        let room = width.map { $0 - number.count - 3 }
        let (text, indent, length) = excerpt(of: line, at: position, room: room)
        let caret = String(repeating: "^", count: length)
        out += "\(margin) |\n\(number) | \(text)\n\(margin) | \(indent)\(paint(caret, mark))"
        guard let help else { return out + "\n" }
        // Beside the caret where there is room, else below it.
        if let room, indent.count + length + 1 + help.count > room { return out + "\n" + below(help, margin: margin) }
        return out + " \(paint(help, mark))\n"
    }

    private func below(_ help: String, margin: String) -> String {
        let indent = margin + "   "
        return "\(margin) = \(Wrapping.wrapped(help, to: width, first: indent.count, indent: indent))\n"
    }

    /// `2 errors, 1 warning`, leaving out what there is none of.
    public func summary(of report: Report) -> String {
        [Severity.error, .warning, .note].compactMap { severity in
            let count = report.count(severity)
            return count == 0 ? nil : "\(count) \(severity.rawValue)\(count == 1 ? "" : "s")"
        }.joined(separator: ", ")
    }

    /// The line or the part of it around the position, what stands before the caret, and the caret's length.
    private func excerpt(
        of line: Substring, at position: SourcePosition, room: Int?
    ) -> (String, indent: String, length: Int) {
        let scalars = line.unicodeScalars
        let start = max(0, min(position.column - 1, scalars.count))
        // Room for the dots on both sides, which a line that fits does not need.
        let limit = room.map { scalars.count <= $0 ? $0 : $0 - 2 } ?? Self.lineLimit
        let first = scalars.count <= limit ? 0 : max(0, min(start - limit / 3, scalars.count - limit))
        let window = scalars.dropFirst(first).prefix(limit)
        let (before, after) = (first > 0 ? "…" : "", first + window.count < scalars.count ? "…" : "")
        // Tabs are kept in the indent so that the caret stays under the text whatever the tab width.
        let indent = window.prefix(start - first).map { $0 == "\t" ? $0 : " " }
        let shown = window.map { $0 != "\t" && $0.isInvisible ? "\u{FFFD}" : $0 }
        return (
            before + String(String.UnicodeScalarView(shown)) + after,
            String(repeating: " ", count: before.count) + String(String.UnicodeScalarView(indent)),
            max(1, min(position.length, window.count - (start - first)))
        )
    }

    private func visible(_ text: String) -> String { text.visible(limit: Self.textLimit) }

    private func style(_ severity: Severity) -> String {
        switch severity {
        case .error: "31;1"
        case .warning: "33;1"
        case .note: "36;1"
        }
    }

    private func paint(_ text: String, _ code: String) -> String {
        colour ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}

extension Unicode.Scalar {
    /// Whether a person does not see it, or takes it for a space, or a terminal acts on it.
    public var isInvisible: Bool {
        if value < 0x7F { return value < 0x20 }
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator, .privateUse, .unassigned:
            return true
        default: return properties.isVariationSelector || properties.isDefaultIgnorableCodePoint
        }
    }

    /// `U+200B`, as the Unicode standard writes code points.
    public var codePoint: String {
        let digits = String(value, radix: 16, uppercase: true)
        return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}

extension String {
    /// The text with invisible characters named by their code points, cut after so many Unicode scalars.
    func visible(limit: Int) -> String {
        var shown = ""
        for (count, scalar) in unicodeScalars.enumerated() {
            if count == limit { return shown + "…" }
            if scalar.isInvisible {
                shown += "<\(scalar.codePoint)>"
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }
}
