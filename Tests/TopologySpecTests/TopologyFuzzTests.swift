import Diagnostics
import TestSupport
import Testing
import TopologySpec

/// Broken text of every kind gives a report, never a crash.
@Suite struct TopologyFuzzTests {
    private static let seed = """
        version: 1
        name: ha
        network: { subnet: 10.0.0.0/24, dns: [10.0.0.1] }
        machines:
          - { name: "w", role: worker, address: 10.0.0.41, count: 3 }
        """

    @Test func survives() { for iteration in 0..<2000 { check(iteration) } }

    private func check(_ iteration: Int) {
        var generator = SeededGenerator(seed: UInt64(iteration))
        var scalars = Array(Self.seed.unicodeScalars)
        let spice = Array("{}[]&*!|>'\"%@`:#-?\n\t \u{0}\u{85}\u{2028}é\u{1F600}".unicodeScalars)
        for _ in 0..<Int.random(in: 1...8, using: &generator) {
            let place = Int.random(in: 0..<scalars.count, using: &generator)
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: scalars[place] = spice[Int.random(in: 0..<spice.count, using: &generator)]
            case 1: scalars.remove(at: place)
            default: scalars.insert(spice[Int.random(in: 0..<spice.count, using: &generator)], at: place)
            }
        }
        var report = Report()
        let source = SourceText(file: "t.yaml", text: String(String.UnicodeScalarView(scalars)))
        let topology = TopologyReader.read(source, into: &report)
        #expect(topology != nil || report.isFatal(), "iteration \(iteration)")
        // Whatever was found can be shown.
        let text = DiagnosticPrinter(sources: [source]).text(for: report)
        #expect(report.diagnostics.isEmpty || !text.isEmpty, "iteration \(iteration)")
    }
}
