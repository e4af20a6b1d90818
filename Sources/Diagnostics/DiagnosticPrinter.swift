/// Lays a report out for a person: each finding with the offending line and a caret under the text.
///
///     error[network.services]: 10.96.0.0/12 overlaps network.pods 10.100.0.0/16
///       --> topologies/ha.yaml:14:13
///        |
///     14 |   services: 10.96.0.0/12
///        |             ^^^^^^^^^^^^ choose a range outside 10.100.0.0/16
public struct DiagnosticPrinter: Sendable {
    private let sources: [String: SourceText]
    private let colour: Bool

    /// - Parameters:
    ///   - sources: the files that positions point into; a file that is missing is named but not quoted.
    ///   - colour: whether to use ANSI colours; only for a terminal.
    public init(sources: [SourceText], colour: Bool = false) {
        self.sources = Dictionary(sources.map { ($0.file, $0) }) { first, _ in first }
        self.colour = colour
    }

    /// The whole report and its closing count, ending in a newline; empty for an empty report.
    public func text(for report: Report) -> String {
        let blocks = report.diagnostics.map(text(for:))
        guard !blocks.isEmpty else { return "" }
        return blocks.joined(separator: "\n") + "\n" + summary(of: report) + "\n"
    }

    /// One finding, ending in a newline.
    public func text(for diagnostic: Diagnostic) -> String {
        let mark = style(diagnostic.severity)
        var out = paint("\(diagnostic.severity.rawValue)[\(diagnostic.subject)]", mark) + ": \(diagnostic.message)\n"
        guard let position = diagnostic.position else {
            if let help = diagnostic.help { out += "  = \(help)\n" }
            return out
        }
        let number = String(position.line)
        let margin = String(repeating: " ", count: number.count)
        out += "\(margin)--> \(position)\n"
        guard let line = sources[position.file]?.line(position.line) else {
            if let help = diagnostic.help { out += "\(margin) = \(help)\n" }
            return out
        }
        let scalars = line.unicodeScalars
        // Tabs are kept in the indent so that the caret stays under the text whatever the tab width.
        let indent = String(
            String.UnicodeScalarView(scalars.prefix(position.column - 1).map { $0 == "\t" ? $0 : " " }))
        let visible = max(1, min(position.length, scalars.count - position.column + 1))
        let caret = String(repeating: "^", count: visible)
        out += "\(margin) |\n\(number) | \(line)\n\(margin) | \(indent)\(paint(caret, mark))"
        if let help = diagnostic.help { out += " \(paint(help, mark))" }
        return out + "\n"
    }

    /// `2 errors, 1 warning`, leaving out what there is none of.
    public func summary(of report: Report) -> String {
        [Severity.error, .warning, .note].compactMap { severity in
            let count = report.count(severity)
            return count == 0 ? nil : "\(count) \(severity.rawValue)\(count == 1 ? "" : "s")"
        }.joined(separator: ", ")
    }

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
