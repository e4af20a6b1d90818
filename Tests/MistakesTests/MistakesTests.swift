import BundleFormat
import Bundling
import Diagnostics
import Foundation
import TestSupport
import Testing
import TopologySpec
import Values

/// Every answer to a mistake against the one that a person has read and found good: what is wrong, where, what was expected, what to do.
///
/// `SLIPWAY_RECORD=1` writes the answers down; that run fails, so that nobody records by accident.
@Suite struct MistakesTests {
    private static let isRecording = ProcessInfo.processInfo.environment["SLIPWAY_RECORD"] == "1"
    /// When everything is checked; certificates and releases are good then.
    private static let now = "2026-11-29"

    private static func answer(_ mistake: Mistake, _ subject: Theme.Subject) throws -> Mistake.Answer {
        switch subject {
        case .topology: topology(try mistake.change.applied(to: Theme.base(.topology)))
        case .lock: lock(try mistake.change.applied(to: Theme.base(.lock)))
        case .commands: try command(mistake)
        }
    }

    /// What `slipway check --now` says, without starting it.
    private static func topology(_ text: String) -> Mistake.Answer {
        let source = SourceText(file: "lab.yaml", text: text)
        var input = TopologyInput(reading: source, sourceDateEpoch: nil)
        if let now = Timestamp(now) { input.check(at: now) }
        return answer(input.report, source)
    }

    /// What every command says that reads the lock file.
    private static func lock(_ text: String) -> Mistake.Answer {
        let source = SourceText(file: "lab.lock", text: text)
        var report = Report()
        _ = LockFile.read(source, into: &report)
        return answer(report, source)
    }

    private static func answer(_ report: Report, _ source: SourceText) -> Mistake.Answer {
        Mistake.Answer(
            status: report.isFatal() ? 1 : 0, text: DiagnosticPrinter(sources: [source]).text(for: report))
    }

    /// What the program says in a directory with a topology and a secrets file that are right.
    private static func command(_ mistake: Mistake) throws -> Mistake.Answer {
        let scratch = try Scratch()
        try scratch.write("lab.yaml", try Theme.base(.topology))
        let tools = Repository.slipway.deletingLastPathComponent().path
        let environment = ProcessInfo.processInfo.environment
        let script =
            (["unset SOURCE_DATE_EPOCH SLIPWAY_HOME XDG_CACHE_HOME XDG_CONFIG_HOME XDG_STATE_HOME", "umask 022"]
            + ["head -c 32 /dev/zero >lab.secret && chmod 600 lab.secret"] + mistake.preparation
            + [mistake.command ?? "false"]).joined(separator: "\n")
        let outcome = try Tool("sh").run(
            ["-c", script], in: scratch.url,
            environment: [
                "PATH": "\(tools):\(environment["PATH"] ?? "")", "HOME": scratch.url.path, "LC_ALL": "C",
            ], limit: .seconds(60))
        return Mistake.Answer(status: outcome.status, text: outcome.errors.replacing(scratch.url.path, with: "DIR"))
    }

    @Test(arguments: Theme.all) func theAnswerIsAsItWasRead(theme: Theme) throws {
        var mistakes = try theme.mistakes()
        for (index, mistake) in mistakes.enumerated() {
            let answer = try Self.answer(mistake, theme.subject)
            if Self.isRecording {
                mistakes[index].answer = answer
            } else {
                #expect(answer == mistake.answer, "\(theme.name): \(mistake.title)\n\(answer)")
            }
        }
        guard Self.isRecording else { return }
        try theme.record(mistakes)
        Issue.record("recorded \(mistakes.count) answers in Corpus/\(theme.name).txt; read them")
    }

    /// A mistake has one cause.
    @Test(arguments: Theme.all) func noneIsSilentAndNoneSpeaksTwice(theme: Theme) throws {
        for mistake in try theme.mistakes() {
            let answer = try #require(mistake.answer, "\(mistake.title)")
            #expect(answer.findings == 1, "\(theme.name): \(mistake.title)\n\(answer)")
            #expect(answer.status != 0 || answer.errors == 0, "\(theme.name): \(mistake.title)\n\(answer)")
        }
    }

    @Test func thereAreManyAndEachOnce() throws {
        let titles = try Theme.all.flatMap { theme in try theme.mistakes().map { "\(theme.name): \($0.title)" } }
        #expect(titles.count >= 250 && Set(titles).count == titles.count, "\(titles.count)")
    }

    @Test func whatIsRightHasNoAnswer() throws {
        #expect(try Self.topology(Theme.base(.topology)) == Mistake.Answer(status: 0, text: ""))
        #expect(try Self.lock(Theme.base(.lock)) == Mistake.Answer(status: 0, text: ""))
    }

    /// The program has the same eyes as the library: every seventh mistake, to be quick.
    @Test(arguments: Theme.all.filter { $0.subject == .topology }) func theProgramSaysTheSame(theme: Theme) throws {
        let scratch = try Scratch()
        for (index, mistake) in try theme.mistakes().enumerated() where index % 7 == 0 {
            try scratch.write("lab.yaml", try mistake.change.applied(to: Theme.base(.topology)))
            let outcome = try Child.run(
                [Repository.slipway.path, "check", "--now", Self.now, "lab.yaml"], in: scratch.url,
                environment: ["SOURCE_DATE_EPOCH": ""])
            #expect(
                Mistake.Answer(status: outcome.status, text: outcome.errors) == mistake.answer, "\(mistake.title)")
        }
    }

    /// Python's jsonschema refuses the mistakes of form too; of the others it is written down why it cannot.
    @Test(.needs(.python), arguments: Theme.all.filter { $0.subject != .commands })
    func theSchemaRefusesWhatIsNoFormOfIt(theme: Theme) throws {
        let scratch = try Scratch()
        let kind: FileSchema = theme.subject == .lock ? .lock : .topology
        let schema = try scratch.write(
            "schema.json", String(decoding: CanonicalJSON.encode(kind.json), as: UTF8.self))
        let mistakes = try theme.mistakes()
        let files = try mistakes.enumerated().map { index, mistake in
            try scratch.write("\(index).yaml", try mistake.change.applied(to: Theme.base(theme.subject)))
        }
        let script = Repository.root.appendingPathComponent("Tests/InteropTests/Scripts/schema.py").path
        let outcome = try Tool.python.run([script, schema] + files)
        try #require(outcome.status == 0, "\(outcome.transcript)")
        let verdicts = outcome.output.split(separator: "\n").map(String.init)
        try #require(verdicts.count == mistakes.count, "\(outcome.transcript)")
        for (mistake, verdict) in zip(mistakes, verdicts) {
            let isTaken = mistake.reason != nil || mistake.answer?.status == 0
            #expect((verdict == "valid") == isTaken, "\(theme.name): \(mistake.title): \(verdict)")
        }
    }
}
