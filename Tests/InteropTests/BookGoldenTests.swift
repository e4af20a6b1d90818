import Foundation
import TestSupport
import Testing

/// The parts of the book that the program itself makes, and the list of what in the book nobody runs here. `SLIPWAY_RECORD=1`, which
/// `make golden` sets, makes them anew.
@Suite("the book's made parts") struct BookGoldenTests {
    private static func compare(_ path: String, _ made: String, recording: Bool = isRecording) throws {
        let file = Repository.root.appendingPathComponent(path)
        let there = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        guard there != made else { return }
        if recording { try Data(made.utf8).write(to: file) }
        Issue.record("\(path) is not what is made now\(recording ? "; it was made anew" : "; 'make golden' makes it")")
    }

    private static var isRecording: Bool { ProcessInfo.processInfo.environment["SLIPWAY_RECORD"] == "1" }

    /// Compares what is between the marks of a page.
    private static func compare(_ path: String, between source: String, _ made: String) throws {
        let begin = "<!-- made by `make golden` from \(source) -->\n"
        let text = try String(contentsOf: Repository.root.appendingPathComponent(path), encoding: .utf8)
        let parts = text.components(separatedBy: begin)
        let rest = try #require(parts.last).components(separatedBy: "<!-- end -->")
        try #require(parts.count == 2 && rest.count == 2, "the marks of the made part are gone from \(path)")
        try compare(path, parts[0] + begin + made + "<!-- end -->" + rest[1])
    }

    @Test("the commands are those of the parser") func commands() throws {
        try Self.compare(
            "docs/commands.md", between: "slipway --experimental-dump-help",
            CommandReference.made(from: try CommandTree.program.get()))
    }

    @Test("the topology's keys are those of the schema") func topology() throws {
        let schema = try JSONDecoder().decode(
            TopologyReference.Schema.self, from: Data(try Slipway.output(["schema", "topology"]).utf8))
        try Self.compare("docs/topology.md", between: "slipway schema topology", TopologyReference.made(from: schema))
    }

    @Test("the picture is the one that is drawn") func picture() throws {
        try Self.compare("docs/ha.svg", try Slipway.output(["graph", Repository.topology("ha").path]))
    }

    @Test("what in the book is not run here is known") func notRun() throws {
        var text = "# Commands of the book that no test runs; their words and options are checked.\n"
        for page in BookPage.all {
            for block in page.blocks {
                let isElsewhere = block.language == "sh" || (block.language == "console" && !block.argument.isEmpty)
                guard isElsewhere else { continue }
                for command in block.commands where !JourneyTests.runs(command.text, of: block) {
                    let word = block.argument.isEmpty ? "" : " (\(block.argument))"
                    text += "\(page.path)\(word): \(command.text)\n"
                }
            }
        }
        try Self.compare("Tests/InteropTests/Fixtures/book-not-run.txt", text)
    }
}
