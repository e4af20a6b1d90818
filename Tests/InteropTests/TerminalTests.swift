import Foundation
import TestSupport
import Testing

/// What a person sees on a terminal and a program does not: colours, on each stream for itself, and tables of its width.
@Suite struct TerminalTests {
    private let scratch: Scratch
    init() throws { scratch = try Scratch() }

    /// Runs the program with one of its streams on a terminal of 80 columns; what came there, and from the pipe of the other.
    private func onTerminal(
        _ stream: Int, _ arguments: [String], environment: [String: String] = [:]
    ) throws -> (terminal: String, pipe: String) {
        let script = """
            import fcntl, json, os, pty, struct, subprocess, sys, termios
            ours, theirs = pty.openpty()
            fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
            streams = {"stdout": theirs, "stderr": subprocess.PIPE} if sys.argv[1] == "1" else {"stdout": subprocess.PIPE, "stderr": theirs}
            child = subprocess.Popen(sys.argv[2:], **streams)
            os.close(theirs)
            terminal = b""
            while True:
                try: read = os.read(ours, 65536)
                except OSError: break
                if not read: break
                terminal += read
            pipe = (child.stderr if sys.argv[1] == "1" else child.stdout).read()
            json.dump([terminal.decode().replace("\\r\\n", "\\n"), pipe.decode()], sys.stdout)
            """
        let outcome = try Tool.python.run(
            ["-c", script, "\(stream)", Repository.slipway.path] + arguments, in: scratch.url,
            environment: ["TERM": "xterm", "NO_COLOR": ""].merging(environment) { $1 })
        let texts = try JSONDecoder().decode([String].self, from: Data(outcome.output.utf8))
        return (texts[0], texts[1])
    }

    @Test(.needs(.python)) func coloursAreDecidedForEachStream() throws {
        let plain = "error: cannot read x.yaml: No such file or directory\n"
        let coloured = plain.replacing("error", with: "\u{1B}[31;1merror\u{1B}[0m", maxReplacements: 1)
        func errors(_ arguments: String..., environment: [String: String] = [:]) throws -> String {
            try onTerminal(2, ["check", "x.yaml"] + arguments, environment: environment).terminal
        }
        #expect(try errors() == coloured)
        #expect(try errors(environment: ["NO_COLOR": "1"]) == plain)
        #expect(try errors(environment: ["TERM": "dumb"]) == plain)
        #expect(try errors("--color", "never") == plain)
        #expect(try errors("--color=always", environment: ["NO_COLOR": "1"]) == coloured)
        // Standard output is the terminal, and this goes to the other one.
        #expect(try onTerminal(1, ["check", "x.yaml"]).pipe == plain)
        #expect(try onTerminal(1, ["check", "x.yaml", "--color", "always"]).pipe == coloured)
        let findings = try onTerminal(1, ["doctor", "--provider", "utm"]).terminal
        #expect(findings.contains("\u{1B}["), "\(findings)")
        #expect(try !onTerminal(2, ["doctor", "--provider", "utm"]).pipe.contains("\u{1B}"))
        #expect(try !onTerminal(1, ["doctor", "--provider", "utm", "--color", "never"]).terminal.contains("\u{1B}"))
        #expect(try Slipway.run(["check", "x.yaml", "--color", "sometimes"]).status == 2)
    }

    /// Whoever writes a command gives it the option.
    @Test func everyCommandTakesTheOption() throws {
        func leaves(_ command: CommandTree.Command) -> [CommandTree.Command] {
            let subcommands = (command.subcommands ?? []).filter { $0.commandName != "help" }
            return subcommands.isEmpty ? [command] : subcommands.flatMap(leaves)
        }
        let without = leaves(try CommandTree.program.get().command).filter {
            $0.arguments?.contains { $0.valueName == "color" } != true
        }
        #expect(without.isEmpty, "\(without.map(\.commandName))")
    }

    @Test(.needs(.python)) func tablesFitTheTerminalAndLoseNothing() throws {
        try Slipway.output(["secrets", "new", scratch.file("x.secret")])
        try Slipway.output([
            "bundle", Repository.topology("ha").path, "--secrets", scratch.file("x.secret"), "--out", scratch.path,
        ])
        let topology = Repository.topology("ha").path
        let drills = Repository.root.appendingPathComponent("drills").path
        for arguments in [
            ["inspect", "ha.tar"], ["inspect", "ha.tar", "--machine", "worker-1"], ["plan", topology],
            ["plan", topology, "--machine", "jump"], ["certificates", "ha.tar", "--color", "never"],
            ["drill", "list", "--drills", drills],
        ] {
            let shown = try onTerminal(1, arguments).terminal
            // A digest that stands for itself is longer than a terminal is wide, and stays whole.
            let lines = shown.split(separator: "\n").filter {
                !$0.contains(/^(public|bundle) digest|: packages |^[a-z-]+: [a-z0-9. -]+$/)
            }
            let long = lines.filter { $0.count > 80 }
            #expect(long.isEmpty, "\(arguments): \(long)")
            let piped = try Slipway.run(arguments, in: scratch.url).output
            #expect(piped.split(separator: "\n").contains { $0.count > 80 } && piped.count > 500)
            // The same characters in another order.
            func characters(_ text: String) -> [Character] { text.filter { !$0.isWhitespace }.sorted() }
            #expect(characters(shown) == characters(piped), "\(arguments)")
        }
    }
}
