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
