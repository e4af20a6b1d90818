import Foundation
import TestSupport
import Testing

/// The program as a person or a script meets it: exit codes, which stream says what, and the texts of refusals.
@Suite struct CommandLineTests {
    struct Refusal: Sendable, CustomTestStringConvertible {
        let arguments: [String]
        let status: Int32
        /// What standard error must say.
        let says: [String]
        var environment: [String: String] = [:]
        var testDescription: String { arguments.joined(separator: " ") }
    }

    /// `HA`, `TEMPLATES`, `BUNDLE` and `DIR` stand for the shipped topology and templates, a good bundle, a scratch directory.
    static let refusals: [Refusal] = [
        Refusal(arguments: ["bundel"], status: 2, says: ["bundel"]),
        Refusal(arguments: ["bundle"], status: 2, says: ["Missing expected argument '<spec>'"]),
        Refusal(arguments: ["bundle", "HA", "--threads", "0"], status: 2, says: ["--threads takes 1 to 256"]),
        Refusal(arguments: ["check", "HA", "--now", "soon"], status: 2, says: ["soon"]),
        Refusal(arguments: ["check", "HA", "--format", "xml"], status: 2, says: ["xml", "text"]),
        Refusal(arguments: ["cat", "BUNDLE", "etcd-1"], status: 2, says: ["expected MACHINE:/path"]),
        Refusal(arguments: ["check", "DIR/none.yaml"], status: 1, says: ["cannot read", "none.yaml", "No such file"]),
        Refusal(arguments: ["check", "DIR"], status: 1, says: ["DIR"]),
        Refusal(
            arguments: ["bundle", "HA", "--templates", "TEMPLATES", "--secrets", "DIR/none"], status: 1,
            says: ["there is no secrets file at", "slipway secrets new"]),
        Refusal(
            arguments: ["bundle", "HA", "--secrets", "DIR/secret", "--templates", "DIR"], status: 1, says: ["template"]),
        Refusal(
            arguments: ["bundle", "HA", "--secrets", "DIR/secret", "--templates", "DIR/none"], status: 1,
            says: ["cannot read the templates directory"]),
        Refusal(
            arguments: ["bundle", "HA", "--templates", "TEMPLATES", "--secrets", "DIR/open"], status: 1,
            says: ["others than its owner can read", "chmod 600"]),
        Refusal(
            arguments: ["bundle", "HA", "--templates", "TEMPLATES", "--secrets", "DIR/short"], status: 1,
            says: ["short", "32"]),
        Refusal(
            arguments: [
                "bundle", "HA", "--templates", "TEMPLATES", "--secrets", "DIR/secret", "--out", "DIR/short/out",
            ], status: 3, says: ["cannot make the directory"]),
        Refusal(arguments: ["secrets", "new", "DIR/short"], status: 1, says: ["exists already"]),
        Refusal(arguments: ["secrets", "new", "DIR/none/secret"], status: 3, says: ["none"]),
        Refusal(arguments: ["verify", "DIR/none.tar"], status: 1, says: ["cannot read"]),
        Refusal(
            arguments: ["cat", "BUNDLE", "etcd-9:/etc/hosts"], status: 1,
            says: ["there is no machine 'etcd-9'", "etcd-1"]),
        Refusal(
            arguments: ["cat", "BUNDLE", "etcd-1:/etc/hotname"], status: 1, says: ["did you mean etcd-1:/etc/hostname?"]
        ),
        Refusal(
            arguments: ["extract", "BUNDLE", "--machine", "etcd-9", "DIR/out"], status: 1,
            says: ["there is no machine 'etcd-9'"]),
        Refusal(
            arguments: ["check", "HA"], status: 3, says: ["the environment variable SOURCE_DATE_EPOCH is 'today'"],
            environment: ["SOURCE_DATE_EPOCH": "today"]),
        Refusal(
            arguments: ["check", "HA", "--now", "2040-01-01"], status: 1,
            says: ["leaf certificates expired", "epoch: 2026-11-22", "^^^^"]),
        Refusal(
            arguments: ["check", "HA", "--now", "2027-10-01", "--strict"], status: 1,
            says: ["past two thirds of their life"]),
    ]

    @Test(arguments: refusals) func refuses(_ refusal: Refusal) throws {
        let directory = try prepared()
        let arguments = try refusal.arguments.map { try substituted($0, directory) }
        let outcome = try Slipway.run(arguments, in: directory.url, environment: refusal.environment)
        #expect(outcome.status == refusal.status, "\(outcome.transcript)")
        #expect(outcome.output == "", "results go to standard output, and there is none")
        for text in refusal.says {
            #expect(outcome.errors.contains(try substituted(text, directory)), "'\(text)' is not in: \(outcome.errors)")
        }
        #expect(!outcome.errors.contains("Fatal error"))
    }

    @Test func aMistakeIsShownAtItsLineAndColumn() throws {
        let directory = try prepared()
        let text = try String(contentsOf: Repository.topology("simple"), encoding: .utf8)
        try directory.write(text.replacing("role: jump", with: "role: jmup"), to: "typo.yaml")
        let outcome = try Slipway.run(["check", "typo.yaml"], in: directory.url)
        #expect(outcome.status == 1)
        let line =
            try #require(
                text.split(separator: "\n", omittingEmptySubsequences: false).firstIndex { $0.contains("jump") }) + 1
        #expect(outcome.errors.contains("--> typo.yaml:\(line):"), "\(outcome.errors)")
        #expect(outcome.errors.contains("'jmup' is not a role") && outcome.errors.contains("did you mean 'jump'?"))
        #expect(
            outcome.errors.split(separator: "\n").contains { $0.contains("^^^^") && !$0.contains("role") },
            "\(outcome.errors)")
    }

    @Test func warningsFailOnlyWhenAskedTo() throws {
        let arguments = ["check", Repository.topology("ha").path, "--now", "2027-10-01"]
        #expect(try Slipway.run(arguments).status == 0)
        #expect(try Slipway.run(arguments + ["--strict"]).status == 1)
    }

    /// Every command's JSON is one line on standard output that a program can read.
    @Test(arguments: [
        ["check", "HA"], ["plan", "HA"], ["verify", "BUNDLE"], ["inspect", "BUNDLE"],
        ["cat", "BUNDLE", "jump:/etc/hosts"],
    ])
    func speaksJSON(_ command: [String]) throws {
        let directory = try prepared()
        let outcome = try Slipway.run(try command.map { try substituted($0, directory) } + ["--format", "json"])
        #expect(outcome.status == 0, "\(outcome.transcript)")
        #expect(outcome.output.hasSuffix("\n") && outcome.output.dropLast().contains("\n") == false)
        #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) }
    }

    @Test func secretsFilesArePrivateAndNeverTheSame() throws {
        let directory = try Scratch()
        let files = ["one", "two"].map { directory.url.appendingPathComponent($0) }
        for file in files {
            try Slipway.output(["secrets", "new", file.path])
            let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            #expect(attributes[.size] as? Int == 32)
        }
        #expect(try Data(contentsOf: files[0]) != Data(contentsOf: files[1]))
    }

    @Test func theProgramIsFoundOut() throws {
        let help = try Slipway.run(["--help"])
        #expect(help.status == 0)
        for command in ["secrets", "check", "plan", "bundle", "verify", "inspect", "cat", "extract"] {
            #expect(help.output.contains("  \(command) "), "\(command) is not in the help")
        }
        #expect(try Slipway.output(["--version"]).hasPrefix("slipway "))
    }

    /// A directory with the secrets files that the refusals name.
    private func prepared() throws -> Scratch {
        let directory = try Scratch()
        for (name, text, mode) in [("secret", 32, 0o600), ("open", 32, 0o644), ("short", 31, 0o600)].map({
            ($0.0, String(repeating: "s", count: $0.1), $0.2)
        }) {
            let file = try directory.write(text, to: name)
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
        }
        return directory
    }

    private func substituted(_ text: String, _ directory: Scratch) throws -> String {
        switch text {
        case "HA": Repository.topology("ha").path
        case "TEMPLATES": Repository.templates.path
        case "BUNDLE": try BuiltBundle.ha.get().file.path
        default: text.replacing(/^DIR(?=\/|$)/, with: directory.url.path)
        }
    }
}
