import Testing

@testable import Applying

struct OptionTests {
    @Test func everyOption() throws {
        let options = try ApplyOptions(parsing: [
            "apply", "--seed", "s", "--depot", "d", "--root", "r", "--state", "/st", "--wait", "5", "--json", "--force",
        ])
        #expect(options.command == .apply)
        #expect(options.seed == "s" && options.depot == "d" && options.root == "r" && options.state == "/st")
        #expect(options.patience == 5 && options.isJSON && options.isForced && !options.isLive)
        #expect(try ApplyOptions(parsing: ["check"]).isLive)
    }

    @Test(arguments: [
        ([], "no command; expected one of apply, check, rollback, status"),
        (["install"], "\"install\" is no command"),
        (["apply", "--sead"], "\"--sead\" is no option of apply"),
        (["apply", "--seed"], "--seed needs a value"),
        (["apply", "--wait", "-1"], "--wait \"-1\": expected 0 to 3600 seconds"),
        (["apply", "--state", "var"], "--state: path \"var\" is refused: it is not absolute"),
    ])
    func refused(arguments: [String], words: String) {
        let error = #expect(throws: ApplyError.self) { try ApplyOptions(parsing: arguments) }
        #expect(error?.description.hasPrefix(words) == true, "\(error?.description ?? "")")
        #expect(error?.exitCode == .usage)
    }
}
