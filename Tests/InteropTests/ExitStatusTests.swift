import Foundation
import TestSupport
import Testing

/// With which status the program ends and what each stream says, by what has to change before the same command works:
/// 1 what was given, 2 how it was typed, 3 this computer; 141 when nobody reads the output.
@Suite struct ExitStatusTests {
    struct Row: Sendable, CustomTestStringConvertible {
        /// What stands behind `slipway` in a shell, with redirections; `$T` is the directory of the shipped topologies, `$B` a
        /// good bundle.
        let line: String
        let status: Int32
        /// What the streams contain; nil for a stream that must be empty.
        var out: String?
        var err: String?
        var environment: [String: String] = [:]
        var testDescription: String { "slipway \(line) → \(status)" }
    }

    static let done: [Row] = [
        Row(line: "--version", status: 0, out: "slipway "),
        Row(line: "help check", status: 0, out: "OVERVIEW: Check a topology"),
        Row(line: "help secrets new", status: 0, out: "OVERVIEW: Write 32 random bytes"),
        Row(line: "check $T/ha.yaml --now 2026-11-23", status: 0, out: "11 machines, ok", err: "1 note"),
        Row(line: "plan $T/simple.yaml", status: 0, out: "MACHINE"),
        Row(line: "secrets new made", status: 0, out: "made"),
        Row(line: "secrets new made --format json", status: 0, out: "{\"path\":\"made\"}"),
    ]

    static let given: [Row] = [
        Row(line: "check none.yaml", status: 1, err: "cannot read none.yaml: No such file"),
        Row(line: "check .", status: 1, err: "cannot read .: Is a directory"),
        Row(line: "check empty.yaml", status: 1, err: "there are no machines"),
        Row(line: "bundle empty.yaml", status: 1, err: "there are no machines"),
        Row(line: "plan empty.yaml --format json", status: 1, out: "there are no machines", err: "1 error"),
        Row(line: "check huge.yaml", status: 1, err: "huge.yaml: the file is larger than 4 MiB"),
        Row(line: "check keys.yaml", status: 1, err: "5003 errors; 4983 of them not shown"),
        Row(line: "plan $T/ha.yaml --machine nosuch", status: 1, err: "has no machine 'nosuch'"),
        Row(line: "bundle $T/ha.yaml --templates $T/../templates --secrets .", status: 1, err: ". is not a file"),
        Row(
            line: "check $T/ha.yaml", status: 1, err: "SOURCE_DATE_EPOCH=1 says that the bundle is of 1970-01-01",
            environment: ["SOURCE_DATE_EPOCH": "1"]),
        Row(line: "verify none.tar", status: 1, err: "cannot read none.tar"),
        Row(line: "stop nosuch", status: 1, err: "there is no instance 'nosuch'"),
    ]

    static let typed: [Row] = [
        Row(line: "help nosuch", status: 2, err: "there is no command 'nosuch'"),
        Row(line: "help bundel", status: 2, err: "did you mean 'bundle'?"),
        Row(line: "chekc $T/ha.yaml", status: 2, err: "did you mean 'check'?"),
        Row(line: "secrets nwe file", status: 2, err: "did you mean 'new'?"),
        Row(line: "check", status: 2, err: "Missing expected argument"),
        Row(line: "ssh nosuch --format json", status: 2, err: "Unknown option '--format'"),
    ]

    static let computer: [Row] = [
        Row(
            line: "check $T/ha.yaml", status: 3, err: "SOURCE_DATE_EPOCH is 'soon'",
            environment: ["SOURCE_DATE_EPOCH": "soon"]),
        Row(line: "secrets new none/secret", status: 3, err: "none"),
        Row(line: "plan $T/ha.yaml > /dev/full", status: 3, err: "cannot write to standard output: No space left"),
        Row(line: "plan $T/ha.yaml --format json > /dev/full", status: 3, err: "error: cannot write"),
        Row(line: "--help > /dev/full", status: 3, err: "error: cannot write"),
        Row(line: "plan $T/ha.yaml >&-", status: 3, err: "error: standard output is closed"),
        Row(line: "inspect $B >&-", status: 3, err: "error: standard output is closed"),
    ]

    /// Whoever reads went away, or nobody ever listened.
    static let unread: [Row] = [
        Row(line: "plan $T/ha.yaml --format json > fifo", status: 141),
        Row(line: "check none.yaml 2>&-", status: 1),
        Row(line: "check none.yaml 2> /dev/full", status: 1),
        Row(line: "check $T/ha.yaml --now 2026-11-23 2>&-", status: 0, out: "11 machines, ok"),
        Row(line: "plan $T/ha.yaml <&-", status: 0, out: "MACHINE"),
    ]

    @Test(arguments: done + given + typed + computer + unread) func ends(_ row: Row) throws {
        #if !os(Linux)
            if row.line.contains("/dev/full") { return }
        #endif
        let directory = try prepared()
        // The reader of the named pipe leaves at once.
        let reader = row.line.contains("fifo") ? "mkfifo fifo; : < fifo & " : ""
        let script = "\(reader)\"$0\" \(row.line); status=$?; exit $status"
        let outcome = try Child.run(
            ["/bin/sh", "-c", script, Repository.slipway.path], in: directory.url,
            environment: [
                "T": Repository.topology("ha").deletingLastPathComponent().path,
                "B": row.line.contains("$B") ? try BuiltBundle.ha.get().file.path : "",
                "SLIPWAY_STATE": directory.url.appendingPathComponent("state").path,
            ].merging(row.environment) { $1 })
        #expect(outcome.status == row.status, "\(outcome.transcript)")
        expect(outcome.output, row.out, "standard output")
        expect(outcome.errors, row.err, "standard error")
        #expect(!outcome.transcript.contains("Fatal error") && !outcome.transcript.contains("Backtrace"))
        #expect(!outcome.transcript.contains("\u{1B}"), "colours are for terminals")
    }

    private func expect(_ text: String, _ part: String?, _ stream: String) {
        if let part { #expect(text.contains(part), "\(stream)") } else { #expect(text == "", "\(stream)") }
    }

    /// With a terminal on one stream only that one has colours; script(1) of util-linux makes the terminal.
    @Test(arguments: [("env -u NO_COLOR ", true), ("NO_COLOR=1 ", false), ("NO_COLOR= ", true), ("TERM=dumb ", false)])
    func coloursAreDecidedForEachStream(environment: String, coloured: Bool) throws {
        #if os(Linux)
            guard FileManager.default.isExecutableFile(atPath: "/usr/bin/script") else { return }
            let directory = try prepared()
            let slipway = Repository.slipway.path
            let both = "\(environment)\(slipway) doctor > file; \(environment)\(slipway) check empty.yaml"
            let outcome = try Child.run(
                ["/usr/bin/script", "--quiet", "--command", both, "/dev/null"], in: directory.url,
                environment: ["TERM": "xterm", "SLIPWAY_STATE": directory.url.appendingPathComponent("state").path])
            #expect(outcome.output.contains("\u{1B}[31;1merror") == coloured, "\(outcome.transcript)")
            let file = try String(contentsOf: directory.url.appendingPathComponent("file"), encoding: .utf8)
            #expect(!file.isEmpty && !file.contains("\u{1B}"))
        #endif
    }

    private func prepared() throws -> Scratch {
        let directory = try Scratch()
        try directory.write("version: 1\nname: a\nepoch: 2026-11-22\nmachines: []\n", to: "empty.yaml")
        try directory.write("version: 1\n" + (0..<5000).map { "k\($0): 1\n" }.joined(), to: "keys.yaml")
        try directory.write("# " + String(repeating: "x", count: 5 << 20), to: "huge.yaml")
        return directory
    }
}
