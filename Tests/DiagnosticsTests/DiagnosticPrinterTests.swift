import Diagnostics
import Testing

@Suite struct DiagnosticPrinterTests {
    private let source = SourceText(
        file: "topologies/ha.yaml", text: "network:\n  services: 10.96.0.0/12\n\tpods: x\n")

    @Test func placesTheCaretUnderTheText() {
        let position = SourcePosition(file: "topologies/ha.yaml", line: 2, column: 13, length: 12)
        let finding = Diagnostic(
            .error, "network.services", "10.96.0.0/12 overlaps network.pods 10.100.0.0/16", at: position,
            help: "choose a range outside 10.100.0.0/16")
        #expect(
            DiagnosticPrinter(sources: [source]).text(for: finding) == """
                error[network.services]: 10.96.0.0/12 overlaps network.pods 10.100.0.0/16
                 --> topologies/ha.yaml:2:13
                  |
                2 |   services: 10.96.0.0/12
                  |             ^^^^^^^^^^^^ choose a range outside 10.100.0.0/16

                """)
    }

    @Test func keepsTabsSoThatTheCaretStaysInPlace() {
        let position = SourcePosition(file: "topologies/ha.yaml", line: 3, column: 8)
        let text = DiagnosticPrinter(sources: [source]).text(for: Diagnostic(.note, "x", "y", at: position))
        #expect(text.hasSuffix("  | \t      ^\n"))
    }

    @Test func neverDrawsPastTheLine() {
        let position = SourcePosition(file: "topologies/ha.yaml", line: 1, column: 1, length: 500)
        let text = DiagnosticPrinter(sources: [source]).text(for: Diagnostic(.error, "x", "y", at: position))
        #expect(text.contains("| ^^^^^^^^\n"))
    }

    @Test(arguments: [0, 99]) func survivesAPositionOutsideTheFile(line: Int) {
        let position = SourcePosition(file: "topologies/ha.yaml", line: line, column: 7)
        let text = DiagnosticPrinter(sources: [source]).text(for: Diagnostic(.error, "x", "y", at: position, help: "z"))
        #expect(text.contains("--> topologies/ha.yaml:\(line):7") && text.contains("= z"))
    }

    /// Nothing from a file reaches a terminal as a control sequence, and a line of a megabyte is not printed.
    @Test func showsNothingThatATerminalActsOn() {
        let long = "name: " + String(repeating: "x", count: 1 << 20) + "\u{1B}[31m"
        let source = SourceText(file: "t.yaml", text: long)
        let position = SourcePosition(file: "t.yaml", line: 1, column: 7 + 1 << 20, length: 5)
        let text = DiagnosticPrinter(sources: [source]).text(
            for: Diagnostic(.error, "a\u{1B}b", long, at: position, help: "\u{200B}"))
        #expect(text.hasPrefix("error[a<U+001B>b]: name: xxx"))
        #expect(text.utf8.count < 2000 && !text.unicodeScalars.contains("\u{1B}") && text.contains("<U+200B>"))
        #expect(text.contains("\u{FFFD}[31m\n"))
    }

    @Test func quotesTheLineAroundTheCaret() {
        let source = SourceText(
            file: "t.yaml", text: String(repeating: "a", count: 500) + "BAD" + String(repeating: "c", count: 500))
        let position = SourcePosition(file: "t.yaml", line: 1, column: 501, length: 3)
        let lines = DiagnosticPrinter(sources: [source]).text(for: Diagnostic(.error, "x", "y", at: position))
            .split(separator: "\n").map(Array.init)
        let caret = lines[4].firstIndex(of: "^") ?? 0
        #expect(String(lines[3][caret..<(caret + 3)]) == "BAD" && lines[4].suffix(3) == ["^", "^", "^"])
    }

    @Test func showsTheWorstTwenty() {
        var report = Report()
        for line in 1...30 { report.note("n", "\(line)", at: SourcePosition(file: "t", line: line, column: 1)) }
        report.error("e", "bad", at: SourcePosition(file: "t", line: 99, column: 1))
        #expect(report.worst(20).count == 20 && report.worst(20).last?.message == "bad")
        let text = DiagnosticPrinter(sources: []).text(for: report)
        #expect(text.hasSuffix("1 error, 30 notes; 11 of them not shown\n"))
    }

    @Test func sortsByPlaceAndCountsAtTheEnd() {
        var report = Report()
        report.note("c", "third", at: nil)
        report.error("b", "second", at: SourcePosition(file: "topologies/ha.yaml", line: 2, column: 1))
        report.warning("a", "first", at: SourcePosition(file: "topologies/ha.yaml", line: 1, column: 1))
        report.warning("a", "first", at: SourcePosition(file: "topologies/ha.yaml", line: 1, column: 1))
        #expect(report.diagnostics.map(\.message) == ["first", "second", "third"])
        let text = DiagnosticPrinter(sources: [source]).text(for: report)
        #expect(text.hasSuffix("1 error, 1 warning, 1 note\n"))
    }

    @Test func warningsAreFatalOnlyWhenStrict() {
        var report = Report()
        report.warning("a", "b", at: nil)
        #expect(!report.isFatal())
        #expect(report.isFatal(strict: true))
        report.error("a", "b", at: nil)
        #expect(report.isFatal())
    }
}
