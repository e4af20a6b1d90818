import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import slipway

/// docs/mac.md, docs/linux.md and docs/air-gap.md: every command in their blocks, as far as this system can run it.
@Suite struct JourneyTests {
    /// A block of commands in a page.
    struct Block: Sendable, CustomTestStringConvertible {
        let page: String
        /// `sh`, or with a word behind it: `sh mac` and `sh root` are for other computers than a test's.
        let language: String
        let lines: [String]
        var testDescription: String { "\(page): \(lines.first ?? "")" }
    }

    static let blocks: [Block] = ["docs/mac.md", "docs/linux.md", "docs/air-gap.md"].flatMap { page in
        let text = (try? String(contentsOf: Repository.root.appendingPathComponent(page), encoding: .utf8)) ?? ""
        var blocks: [Block] = []
        var open: (language: String, lines: [String])?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            guard line.hasPrefix("```") else {
                open?.lines.append(line)
                continue
            }
            if let block = open {
                blocks.append(Block(page: page, language: block.language, lines: block.lines))
                open = nil
            } else {
                open = (String(line.dropFirst(3)), [])
            }
        }
        return blocks
    }

    @Test func bothPagesHaveTheWholeWay() {
        for page in ["docs/mac.md", "docs/linux.md"] {
            let text = Self.blocks.filter { $0.page == page }.flatMap(\.lines).joined(separator: "\n")
            var rest = text[...]
            for step in [
                "make ", "slipway secrets new", "slipway lock", "slipway fetch", "slipway bundle", "slipway doctor",
                "slipway up", "slipway kubectl", "/store", "slipway destroy", "slipway store prune",
            ] {
                guard let place = rest.range(of: step) else {
                    Issue.record("\(page) has no '\(step)' where it belongs")
                    break
                }
                rest = rest[place.upperBound...]
            }
        }
    }

    /// Each command of ours is one, with options that it has; each target of make is there.
    @Test(arguments: blocks) func everyCommandIsOne(_ block: Block) throws {
        let makefile = try String(contentsOf: Repository.root.appendingPathComponent("Makefile"), encoding: .utf8)
        for line in block.lines {
            let words = line.replacing("\"", with: "").split(separator: " ").map(String.init)
            guard let program = words.first else { continue }
            if program == "slipway" || program.hasSuffix("/slipway") {
                #expect(throws: Never.self, "\(block.page): \(line)") {
                    try slipway.Slipway.parseAsRoot(Array(words.dropFirst()))
                }
            }
            if program == "make" {
                for target in words.dropFirst() where !target.contains("=") {
                    #expect(makefile.contains("\n\(target):"), "\(block.page): make \(target)")
                }
            }
            for word in words where word.hasPrefix("topologies/ha.yaml") || word.hasPrefix("topologies/simple.yaml") {
                #expect(FileManager.default.fileExists(atPath: Repository.root.appendingPathComponent(word).path))
            }
        }
    }

    /// The second and third step in a shell, as they stand there: all that needs neither a network nor a hypervisor.
    @Test(arguments: ["docs/mac.md", "docs/linux.md"]) func theStepsWithoutANetworkRun(_ page: String) throws {
        let scratch = try Scratch()
        let path = scratch.url.path
        for folder in ["topologies", "templates"] {
            try FileManager.default.copyItem(
                atPath: Repository.root.appendingPathComponent(folder).path, toPath: "\(path)/\(folder)")
        }
        // Nothing that a person keeps beside the topologies takes part.
        for file in ["ha.secret", "ha.lock", "mine.secret", "mine.yaml", "mine.lock"] {
            try? FileManager.default.removeItem(atPath: "\(path)/topologies/\(file)")
        }
        let programs = Repository.slipway.deletingLastPathComponent().path
        let lines = Self.blocks.filter { $0.page == page && $0.language == "sh" }.flatMap(\.lines).filter { line in
            ["sed ", "slipway secrets", "slipway bundle", "slipway store"].contains { line.hasPrefix($0) }
        }
        #expect(lines.count >= 3)
        let script = (["set -eu", "PATH=\(programs):$PATH"] + lines).joined(separator: "\n")
        let outcome = try Tool("sh").run(
            ["-c", script], in: scratch.url, environment: ["XDG_CACHE_HOME": "\(path)/cache"])
        #expect(outcome.status == 0, "\(outcome.transcript)")
        #expect(outcome.output.contains("public digest"))
        // One line, with the way on.
        let notes = outcome.errors.split(separator: "\n").filter { $0.hasPrefix("note: machines will wait") }
        #expect(notes.count == 1 && notes.first?.contains("payloads, which") == true, "\(outcome.errors)")
        #expect(notes.first?.contains("slipway lock topologies/") == true)
    }

    /// docs/air-gap.md from its first line to its last, on two computers; but for the machines.
    @Test(.needs(.sshKeygen)) func theAirGapIsCrossed() throws {
        let scratch = try Scratch()
        for folder in ["here/out", "there", "disk", "home/.ssh"] {
            try FileManager.default.createDirectory(atPath: scratch.file(folder), withIntermediateDirectories: true)
        }
        for folder in ["topologies", "templates"] {
            try FileManager.default.copyItem(
                atPath: Repository.root.appendingPathComponent(folder).path, toPath: scratch.file("here/\(folder)"))
        }
        try? FileManager.default.removeItem(atPath: scratch.file("here/topologies/ha.lock"))
        _ = try Tool.sshKeygen.run(["-q", "-t", "ed25519", "-N", "", "-f", scratch.file("home/.ssh/id_ed25519")])
        try Slipway.output(["secrets", "new", scratch.file("here/made.secret")])
        try FileManager.default.moveItem(
            atPath: scratch.file("here/made.secret"), toPath: scratch.file("here/topologies/ha.secret"))
        let blocks = Self.blocks.filter { $0.page == "docs/air-gap.md" && $0.language.hasPrefix("sh ") }
        #expect(blocks.count == 11)
        for block in blocks {
            let place = block.language == "sh there" ? "there" : "here"
            let lines = block.lines.filter { !$0.hasPrefix("slipway up") }
            let programs = Repository.slipway.deletingLastPathComponent().path
            let outcome = try Tool("sh").run(
                ["-c", (["set -eu", "PATH=\(programs):$PATH"] + lines).joined(separator: "\n")],
                in: scratch.url.appendingPathComponent(place),
                environment: [
                    "DISK": scratch.file("disk"), "HOME": scratch.file("home"),
                    "XDG_CACHE_HOME": scratch.file("\(place)/cache"),
                    "XDG_CONFIG_HOME": scratch.file("\(place)/config"),
                ])
            #expect(outcome.status == 0, "\(lines): \(outcome.transcript)")
        }
        let bundle = try #require(try scratch.names("there/out").first { $0.hasSuffix(".tar") })
        #expect(try scratch.bytes("there/out/\(bundle)") == scratch.bytes("here/out/\(bundle)"))
    }
}
