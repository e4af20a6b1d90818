import Foundation
import HostSystem
import TestSupport
import Testing

@testable import Launching

@Suite("process runner")
struct ProcessRunnerTests {
    let runner = ProcessRunner()

    @Test("status, output, errors and input")
    func basics() throws {
        let command = ExternalCommand(
            ["sh", "-c", "cat; echo $WORD; echo no >&2; exit 3"], environment: ["WORD": "yes"], input: .text("in "))
        #expect(try runner.run(command) == CommandResult(status: 3, output: "in yes\n", errors: "no\n"))
    }

    @Test("a signal is a status, a missing program an error")
    func ends() throws {
        #expect(try runner.run(ExternalCommand(["sh", "-c", "kill -9 $$"])).status == 137)
        #expect(throws: LaunchError.missingProgram("no-such-program")) {
            try runner.run(ExternalCommand(["no-such-program"]))
        }
    }

    @Test("more output than any pipe holds")
    func muchOutput() throws {
        let result = try runner.run(
            ExternalCommand(["sh", "-c", "head -c 1000000 /dev/zero | tr '\\0' x | tee /dev/stderr"]))
        #expect(result.output.utf8.count == 1_000_000 && result.errors.utf8.count == 1_000_000)
    }

    @Test("one that answers for somebody else may not print without end")
    func bounded() throws {
        let begin = ContinuousClock.now
        let endless = try runner.run(ExternalCommand(["yes"]).limited(to: 60, bytes: 1 << 20))
        #expect(endless == CommandResult(status: 137))
        #expect(ContinuousClock.now - begin < .seconds(30))
        let short = try runner.run(ExternalCommand(["echo", "x"]).limited(to: 60, bytes: 2))
        #expect(short == CommandResult(status: 0, output: "x\n"))
        #expect(try runner.run(ExternalCommand(["echo", "xy"]).limited(to: 60, bytes: 2)).output == "")
    }

    /// Foundation's `Process` would wait for the descendant.
    @Test("a descendant that lives on is not waited for")
    func descendant() throws {
        let result = try runner.run(ExternalCommand(["sh", "-c", "sleep 60 & echo $!"]))
        let descendant = try #require(Int32(result.output.trimmingCharacters(in: .newlines)))
        #expect(kill(descendant, SIGKILL) == 0, "it still ran")
    }

    @Test("appended output lies in the file")
    func appended() throws {
        let directory = try TemporaryDirectory()
        let command = ExternalCommand(["echo", "line"], output: .appended(path: directory.path + "/log"))
        _ = try runner.run(command)
        _ = try runner.run(command)
        #expect(try directory.read("log") == "line\nline\n")
    }
}
