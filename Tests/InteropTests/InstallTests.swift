import Foundation
import TestSupport
import Testing

/// What `make install` puts on a system, asked of those who read it: man, bash, zsh and fish.
@Suite struct InstallTests {
    private static let installed = Result { try Installation() }
    private let installation: Installation
    init() throws { installation = try Self.installed.get() }

    /// An installation below a directory that stands for a system's root.
    private final class Installation: Sendable {
        let scratch: Scratch
        /// The commands that `slipway --help` lists.
        let commands: [String]

        init() throws {
            scratch = try Scratch()
            commands = try CommandTree.program.get().command.shownSubcommands.map(\.commandName)
            try install(Repository.slipway.path, "/opt/it", scratch.file("root"))
        }

        func install(_ arguments: String...) throws {
            let script = Repository.root.appendingPathComponent("scripts/install").path
            let outcome = try Child.run([script] + arguments, environment: ["SOURCE_DATE_EPOCH": "1795953600"])
            try #require(outcome.status == 0, "\(outcome.transcript)")
        }

        func file(_ name: String) -> String { scratch.file("root/opt/it/\(name)") }
        var pages: [String] {
            scratch.files(below: "root/opt/it/share/man/man1").map { file("share/man/man1/\($0)") }
        }
    }

    @Test(.needs("bash", "strip")) func whatIsInstalledIsTakenAwayAgain() throws {
        let scratch = try Scratch()
        try installation.install(Repository.slipway.path, "/usr", scratch.path)
        let files = scratch.files(below: "")
        #expect(installation.commands.count > 30)
        let pages = (["slipway"] + installation.commands.map { "slipway-\($0)" }).map { "usr/share/man/man1/\($0).1" }
        #expect(
            Set(files)
                == Set(
                    pages + [
                        "usr/bin/slipway", "usr/share/bash-completion/completions/slipway",
                        "usr/share/zsh/site-functions/_slipway", "usr/share/fish/vendor_completions.d/slipway.fish",
                    ]))
        #expect(try Child.run([scratch.file("usr/bin/slipway"), "--version"]).output == Slipway.output(["--version"]))
        #expect(try scratch.mode("usr/bin/slipway") == 0o755 && scratch.mode(pages[0]) == 0o644)
        // Somebody else's stays.
        try scratch.write("usr/share/man/man1/other.1", "")
        try installation.install("--uninstall", "/usr", scratch.path)
        #expect(scratch.files(below: "") == ["usr/share/man/man1/other.1"])
    }

    @Test(.needs("mandoc", "groff")) func manualPagesAreWithoutAWarning() throws {
        let mandoc = try Tool("mandoc").run(["-T", "lint", "-W", "warning"] + installation.pages)
        #expect(mandoc.status == 0 && mandoc.output == "", "\(mandoc.transcript)")
        let groff = try Tool("groff").run(["-man", "-ww", "-z", "-T", "utf8"] + installation.pages)
        #expect(groff.status == 0 && groff.errors == "", "\(groff.transcript)")
    }

    /// A page says all that the help says: options with their values, and each word of the discussion.
    @Test(.needs("mandoc"), arguments: ["up", "lock", "drill", "init"])
    func aPageSaysWhatTheHelpSays(command: String) throws {
        let page = try Tool("mandoc").run(
            ["-T", "ascii", "-O", "width=200", installation.file("share/man/man1/slipway-\(command).1")])
        // Overstriking is how a terminal without fonts shows bold and underlined letters.
        let shown = words(page.output.replacing(/.\u{8}/, with: ""))
        let commands = command == "drill" ? [["drill", "run"], ["drill", "list"], ["drill", "heal"]] : [[command]]
        for command in commands {
            let help = try Slipway.output(["help"] + command)
            let missing = words(help).subtracting(shown).subtracting([
                "OVERVIEW", "USAGE", "options", "values", "default",
            ])
            #expect(missing.filter { $0.count > 3 }.isEmpty, "\(command): \(missing)")
        }
    }

    private func words(_ text: String) -> Set<Substring> {
        Set(text.split { !($0.isASCII && ($0.isLetter || $0 == "-")) })
    }

    @Test(.needs("bash")) func bashOffersWhatCanFollow() throws {
        #expect(
            try Tool("bash").run(["-n", installation.file("share/bash-completion/completions/slipway")]).status == 0)
        func offered(_ words: String...) throws -> [String] {
            let outcome = try Tool("bash").run(
                [
                    "-c",
                    """
                    source "$1"; shift
                    COMP_WORDS=(slipway "$@") COMP_CWORD=$# COMP_LINE="slipway $*" COMP_POINT=$((8 + ${#COMP_LINE} - 8))
                    COMP_TYPE=9 COMP_KEY=9
                    "$(complete -p slipway | sed 's/.* -F \\([^ ]*\\).*/\\1/')" slipway "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
                    printf '%s\\n' "${COMPREPLY[@]}"
                    """, "bash", installation.file("share/bash-completion/completions/slipway"),
                ] + words, in: installation.scratch.url.appendingPathComponent("project"),
                environment: try environment())
            #expect(outcome.status == 0 && outcome.errors == "", "\(outcome.transcript)")
            return outcome.output.split(separator: "\n").map(String.init).sorted()
        }
        try makeProject()
        let all = try offered("")
        #expect(Set(installation.commands).isSubset(of: all), "\(Set(installation.commands).subtracting(all))")
        #expect(!all.contains("manual") && !all.contains("collect-console"))
        #expect(try offered("sch") == ["schema"])
        #expect(
            try offered("schema", "")
                == ["--help", "--version", "-h", "lock", "topology"].filter(Set(offered("schema", "")).contains))
        #expect(try offered("up", "--provider", "") == ["nspawn", "qemu", "utm"])
        #expect(try offered("check", "ha") == ["ha.yaml"])
        #expect(try offered("verify", "out/ha") == ["out/ha.tar"])
        // Names of instances and their machines are asked of the program.
        #expect(try offered("status", "pro") == ["production"])
        #expect(try offered("verify", "pro") == [])
    }

    @Test(.needs("fish")) func fishOffersWhatCanFollow() throws {
        try makeProject()
        let script = installation.file("share/fish/vendor_completions.d/slipway.fish")
        #expect(try Tool("fish").run(["--no-execute", script]).status == 0)
        func offered(_ line: String) throws -> [String] {
            let outcome = try Tool("fish").run(
                ["--no-config", "-c", "source $argv[1]; complete -C $argv[2]", script, line],
                in: installation.scratch.url.appendingPathComponent("project"), environment: try environment())
            #expect(outcome.status == 0, "\(outcome.transcript)")
            return outcome.output.split(separator: "\n").compactMap { $0.split(separator: "\t").first.map(String.init) }
        }
        #expect(try offered("slipway sch") == ["schema"])
        #expect(Set(installation.commands).isSubset(of: try offered("slipway ")))
        #expect(try offered("slipway up --provider ").sorted() == ["nspawn", "qemu", "utm"])
    }

    /// zsh reads it, and finds the function where it was installed.
    @Test(.needs("zsh")) func zshFindsTheFunction() throws {
        let script = installation.file("share/zsh/site-functions/_slipway")
        #expect(try Tool("zsh").run(["-n", script]).status == 0)
        let outcome = try Tool("zsh").run(
            [
                "-f", "-c", "fpath=($1 $fpath); autoload -U compinit; compinit -D; echo $_comps[slipway]", "zsh",
                installation.file("share/zsh/site-functions"),
            ])
        #expect(outcome.output == "_slipway\n", "\(outcome.transcript)")
    }

    /// Homebrew's formula: as Ruby reads it, with the digest of the archive that was given and nothing left open.
    @Test(.needs("make", "ruby")) func homebrewsFormulaNamesTheRelease() throws {
        let scratch = try Scratch()
        let archive = try scratch.write("slipway-1.2.3.tar.gz", "an archive\n")
        let formula = scratch.file("slipway.rb")
        let url = "https://archive.example/slipway-1.2.3.tar.gz"
        let made = try Tool("make").run(
            ["formula", "VERSION=1.2.3", "URL=\(url)", "ARCHIVE=\(archive)", "FORMULA=\(formula)"], in: Repository.root)
        #expect(made.status == 0, "\(made.transcript)")
        #expect(try Tool("ruby").run(["-wc", formula]).output == "Syntax OK\n")
        let said = try Tool("ruby").run([
            "-e",
            """
            class Formula
              def self.method_missing(name, *values) = puts("#{name} #{values.first}")
            end
            load ARGV.first
            """, formula,
        ]).output
        let digest = try Tool("sha256sum").run([archive]).output.prefix(64)
        for line in ["url \(url)", "version 1.2.3", "sha256 \(digest)", "license Apache-2.0"] {
            #expect(said.contains(line + "\n"), "\(said)")
        }
        #expect(try !scratch.read("slipway.rb").contains("@"))
        let nothing = try Tool("make").run(["formula", "FORMULA=\(formula)"], in: Repository.root)
        #expect(nothing.status == 2 && nothing.errors.contains("which release?"), "\(nothing.transcript)")
    }

    /// An instance named production, of which the record alone is there, and a directory with a topology and a bundle.
    private func makeProject() throws {
        let scratch = installation.scratch
        try scratch.write("state/production/instance.json", "{}")
        for name in ["ha.yaml", "out/ha.tar", "out/notes.txt"] { try scratch.write("project/\(name)", "") }
    }

    private func environment() throws -> [String: String] {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        return [
            "PATH": installation.file("bin") + ":" + path, "SLIPWAY_STATE": installation.scratch.file("state"),
            "HOME": installation.scratch.path,
        ]
    }
}
