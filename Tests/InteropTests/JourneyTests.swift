import Foundation
import TestSupport
import Testing

/// docs/mac.md, docs/linux.md and docs/air-gap.md from end to end, as far as this system can run them; ``BookTests`` looks at single blocks.
@Suite struct JourneyTests {
    private static func blocks(of page: String) throws -> [BookPage.Block] {
        try BookPage.named(page).blocks.filter { $0.language == "sh" }
    }

    /// Whether a command of the book is run by a test of this suite.
    static func runs(_ command: String, of block: BookPage.Block) -> Bool {
        if block.page == "docs/air-gap.md" {
            return ["here", "there"].contains(block.argument) && !command.hasPrefix("slipway up")
        }
        return ["docs/mac.md", "docs/linux.md"].contains(block.page) && block.argument.isEmpty
            && ["sed ", "slipway secrets", "slipway bundle", "slipway store"].contains { command.hasPrefix($0) }
    }

    @Test func bothPagesHaveTheWholeWay() throws {
        for page in ["docs/mac.md", "docs/linux.md"] {
            let text = try Self.blocks(of: page).flatMap(\.lines).joined(separator: "\n")
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
        let lines = try Self.blocks(of: page).flatMap { block in block.lines.filter { Self.runs($0, of: block) } }
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
        let blocks = try Self.blocks(of: "docs/air-gap.md").filter { !$0.argument.isEmpty }
        #expect(blocks.count == 11)
        for block in blocks {
            let place = block.argument
            let lines = block.lines.filter { Self.runs($0, of: block) }
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
        let bundle = try #require(try scratch.names("there/out").first { $0.hasPrefix("ha-") && $0.hasSuffix(".tar") })
        #expect(try scratch.bytes("there/out/\(bundle)") == scratch.bytes("here/out/\(bundle)"))
    }
}
