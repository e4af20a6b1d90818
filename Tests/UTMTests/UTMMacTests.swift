import HostSystem
import Testing

@testable import Launching
@testable import UTM

/// Answers as a Mac gives them.
private struct MacRunner: CommandRunner {
    let answers: [String: String]

    func run(_ command: ExternalCommand) throws(LaunchError) -> CommandResult {
        guard let answer = answers[command.arguments.prefix(2).joined(separator: " ")] else {
            throw .missingProgram(command.program)
        }
        return CommandResult(status: 0, output: answer + "\n")
    }

    func start(_ command: ExternalCommand) throws(LaunchError) -> Int32 { 0 }
}

@Suite("UTM on a Mac")
struct UTMMacTests {
    private func findings(_ answers: [String: String]) -> [String] {
        UTMMac(runner: MacRunner(answers: answers), application: nil).findings(state: "/").map {
            "\($0.level.rawValue) \($0.subject)"
        }
    }

    @Test("a Mac's desktop with memory to spare on APFS")
    func well() {
        #expect(
            findings([
                "launchctl managername": "Aqua", "sysctl -n": "1", "diskutil info": "   Type (Bundle):   apfs",
            ]) == ["ok session", "ok pressure", "ok disk"])
    }

    @Test(
        "what macOS could purge is told and not counted",
        arguments: [
            ("8589934592 21474836480", "; macOS could purge another 12.0 GiB, which is not counted as free"),
            ("8589934592 8589934600", ""), ("0 undefined", ""), ("", ""),
        ])
    func purgeable(_ numbers: String, _ told: String) {
        let answers = ["osascript -l": numbers, "diskutil info": "Type (Bundle): apfs"]
        let found = UTMMac(runner: MacRunner(answers: answers), application: nil).findings(state: "/")
        #expect(found.map(\.message) == ["/ is on APFS" + told])
    }

    @Test("over SSH, with memory short, on another file system")
    func bad() {
        #expect(
            findings(["launchctl managername": "Background", "sysctl -n": "4", "diskutil info": "Type (Bundle): hfs"])
                == ["warning session", "warning pressure", "warning disk"])
    }

    @Test("what cannot be asked says nothing") func silent() { #expect(findings([:]) == []) }

    @Test("the report has every question with its answer")
    func report() {
        let text = MacReport.text(findings: "all well", runner: MacRunner(answers: ["launchctl managername": "Aqua"]))
        #expect(text.contains("all well") && text.contains("## 26: launchctl managername\nstatus 0\nAqua"))
        #expect(text.contains("## 27: sysctl -n kern.memorystatus_vm_pressure_level\ncannot be asked here"))
    }
}
