import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import slipway

/// The book in docs/ and the pages around it: what is in their blocks is run or checked, and every link leads somewhere.
///
/// docs/README.md tells readers what the first word behind a fence means. docs/mac.md, docs/linux.md and docs/air-gap.md are besides run
/// from end to end by ``JourneyTests``.
@Suite("the book") struct BookTests {
    /// A kind of block that no test knows is one that nobody has looked at.
    private static let languages: Set = ["yaml", "console", "sh", "text", "swift", "json"]

    @Test("a block says what it is, and commands stand in blocks") func blocks() {
        for page in BookPage.all {
            for block in page.blocks where !Self.languages.contains(block.language) {
                Issue.record("\(block.place): '\(block.language)' is no kind of block")
            }
            for line in page.prose where line.hasPrefix("    ") {
                let isCommand = ["slipway ", "make ", "$ ", ".build/"].contains {
                    line.trimmingCharacters(in: .whitespaces).hasPrefix($0)
                }
                #expect(!isCommand, "\(page.path): a command outside of a block: \(line)")
            }
        }
    }

    @Test("every link leads to a page, and to a heading there") func links() throws {
        for page in BookPage.all {
            let folder = Repository.root.appendingPathComponent(page.path).deletingLastPathComponent()
            for link in page.links where !link.target.hasPrefix("https://") {
                #expect(!link.target.hasPrefix("http:"), "\(page.path): \(link.target)")
                let parts = link.target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
                let file = parts[0].isEmpty ? page.path : String(parts[0])
                let target =
                    parts[0].isEmpty
                    ? Repository.root.appendingPathComponent(file)
                    : folder.appendingPathComponent(file).standardizedFileURL
                guard FileManager.default.fileExists(atPath: target.path) else {
                    Issue.record("\(page.path): [\(link.text)](\(link.target)) leads nowhere")
                    continue
                }
                guard parts.count == 2 else { continue }
                let other = try #require(BookPage.all.first { target.path.hasSuffix("/\($0.path)") })
                #expect(
                    other.anchors.contains(String(parts[1])), "\(page.path): \(other.path) has no #\(parts[1])")
            }
        }
    }

    @Test("every file of the source that a sentence names is there") func sources() {
        for page in BookPage.all {
            for line in page.prose {
                for match in line.matches(of: /`((?:Sources|Tests|scripts)\/[\w\/.+-]+)`/) {
                    let file = Repository.root.appendingPathComponent(String(match.1))
                    #expect(FileManager.default.fileExists(atPath: file.path), "\(page.path): \(match.1)")
                }
            }
        }
    }

    @Test("every page of the book is in its contents") func contents() throws {
        let contents = try BookPage.named("docs/README.md")
        let named = Set(contents.links.compactMap { $0.target.split(separator: "#").first.map(String.init) })
        for page in BookPage.all where page.path.hasPrefix("docs/") && page.path != contents.path {
            let name = String(page.path.dropFirst("docs/".count))
            let folder = String(name.prefix { $0 != "/" })
            #expect(named.contains(name) || (name.contains("/") && named.contains { $0.hasPrefix(folder) }), "\(name)")
        }
    }

    /// Commands that are run elsewhere or nowhere are at least ones that the program knows, with options that it has.
    @Test("every command is one", arguments: BookPage.all) func commands(_ page: BookPage) throws {
        let makefile = try String(contentsOf: Repository.root.appendingPathComponent("Makefile"), encoding: .utf8)
        func lookAtMake(_ words: [String], _ place: String) {
            for target in words.dropFirst() where !target.contains("=") && !target.hasPrefix("-") {
                #expect(makefile.contains("\n\(target):"), "\(place): make \(target)")
            }
        }
        let tree = try CommandTree.program.get()
        for block in page.blocks where ["sh", "console"].contains(block.language) {
            for command in block.commands {
                let place = "\(page.path):\(block.number + command.line): \(command.text)"
                // What is run is not asked about here: it may be wrong on purpose.
                let isRun = block.language == "console" && block.argument.isEmpty
                if !isRun, let arguments = ShellLine.slipwayArguments(of: command.text) {
                    #expect(throws: Never.self, "\(place)") { try slipway.Slipway.parseAsRoot(arguments) }
                }
                let words = ShellLine.words(of: command.text)
                if words.first == "make" { lookAtMake(words, place) }
            }
        }
        for text in page.inlineCommands {
            let words = ShellLine.words(of: text)
            if words.first == "make" {
                lookAtMake(words, "\(page.path): `\(text)`")
            } else if let complaint = tree.complaint(about: Array(words.dropFirst())) {
                Issue.record("\(page.path): `\(text)`: \(complaint)")
            }
        }
    }

    /// A whole topology, or the part that it replaces in topologies/ha.yaml; a list of machines goes behind those that are there.
    @Test("every topology is right, and every part of one") func topologies() throws {
        let scratch = try Scratch()
        let base = try String(contentsOf: Repository.topology("ha"), encoding: .utf8)
        let blocks = BookPage.all.flatMap(\.blocks).filter { $0.language == "yaml" }
        #expect(blocks.count > 5)
        for (index, block) in blocks.enumerated() {
            let text = block.lines.joined(separator: "\n") + "\n"
            if block.argument == "drill" {
                let file = try scratch.write("drill-\(index).yaml", text)
                let listed = try Slipway.run(["drill", "list", "--file", file])
                #expect(listed.status == 0, "\(block.place): \(listed.transcript)")
                continue
            }
            let whole = text.contains("version: 1\n") ? text : Self.replacing(partsOf: base, with: block.lines)
            let checked = try Slipway.run(["check", try scratch.write("\(index).yaml", whole)])
            #expect(checked.status == 0, "\(block.place): \(checked.transcript)")
        }
    }

    /// The text with the sections of `part` instead of those with the same keys.
    private static func replacing(partsOf text: String, with part: [String]) -> String {
        func sections(_ lines: [String]) -> [(key: String, lines: [String])] {
            var sections: [(key: String, lines: [String])] = []
            for line in lines {
                if let first = line.first, first.isLetter {
                    sections.append((String(line.prefix { $0 != ":" }), [line]))
                } else if let last = sections.indices.last {
                    sections[last].lines.append(line)
                }
            }
            return sections
        }
        var all = sections(text.split(separator: "\n").map(String.init))
        if part.first?.hasPrefix("- ") == true || part.first?.hasPrefix("  - ") == true {
            let indent = part.first?.hasPrefix("- ") == true ? "  " : ""
            return text + part.map { indent + $0 }.joined(separator: "\n") + "\n"
        }
        for section in sections(part) {
            if let place = all.firstIndex(where: { $0.key == section.key }) {
                all[place] = section
            } else {
                all.append(section)
            }
        }
        return all.flatMap(\.lines).joined(separator: "\n") + "\n"
    }

    static let pagesToRun = BookPage.all.filter { page in
        page.blocks.contains { $0.language == "console" && $0.argument.isEmpty }
    }

    /// Page by page from top to bottom, in a directory with the project's topologies and drills. Everything has to end well; a command that
    /// is meant to fail says so (`; echo $?`).
    @Test("what can be run here is run, and prints what is written", arguments: pagesToRun)
    func run(_ page: BookPage) throws {
        let scratch = try Scratch()
        for folder in ["topologies", "drills"] {
            for name in try FileManager.default.contentsOfDirectory(
                atPath: Repository.root.appendingPathComponent(folder).path) where name.hasSuffix(".yaml")
            {
                let file = Repository.root.appendingPathComponent("\(folder)/\(name)")
                try scratch.write("\(folder)/\(name)", try String(contentsOf: file, encoding: .utf8))
            }
        }
        try FileManager.default.createDirectory(atPath: scratch.file("home"), withIntermediateDirectories: true)
        let programs = Repository.slipway.deletingLastPathComponent().path
        let environment = [
            "HOME": scratch.file("home"), "XDG_CACHE_HOME": scratch.file("home/cache"),
            "XDG_CONFIG_HOME": scratch.file("home/config"), "SLIPWAY_STATE": scratch.file("home/state"),
            "NO_COLOR": "1", "LC_ALL": "C.UTF-8", "COLUMNS": "120",
        ]
        for block in page.blocks {
            if block.language == "yaml", block.argument.hasSuffix(".yaml") {
                try scratch.write(block.argument, block.lines.joined(separator: "\n") + "\n")
            }
            guard block.language == "console", block.argument.isEmpty else { continue }
            for command in block.commands {
                let script = "exec 2>&1\nPATH=\(programs):$PATH\n\(command.text)"
                let outcome = try Tool("sh").run(
                    ["-c", script], in: scratch.url, environment: environment, limit: .seconds(120))
                let place = "\(page.path):\(block.number + command.line): \(command.text)"
                #expect(outcome.status == 0, "\(place)\n\(outcome.transcript)")
                #expect(
                    BookPage.Block.matches(command.output, outcome.output.replacing(scratch.path, with: ".")),
                    "\(place)\nprints\n\(outcome.output)")
                guard outcome.status == 0 else { return }
            }
        }
    }

    @Test("output is compared line by line; what may differ is marked") func comparison() {
        let matches = BookPage.Block.matches
        #expect(matches(["a  b"], "a  b\n") && matches([], "") && matches(["a", "…", "d"], "a\nb\nc\nd\n"))
        #expect(matches(["a…c", "…"], "abc\n") && matches(["…"], "") && matches(["sha256:…  x"], "sha256:00  x\n"))
        #expect(!matches(["a"], "b\n") && !matches(["a"], "a\nb\n") && !matches(["a", "b"], "a\n"))
        #expect(!matches(["a…c"], "ac d\n") && !matches(["…", "d"], "a\nb\n") && !matches([], "a\n"))
    }
}
