import Foundation
import TestSupport
import Testing

/// Bundles that somebody damaged, or made to do harm: one clear error, no crash, and no file outside the directory.
@Suite(.needs(.python))
struct HostileBundleTests {
    /// What `Scripts/forge.py` makes of a good bundle.
    private static let forgeries = Result {
        let directory = try Scratch()
        let script = Repository.scripts.appendingPathComponent("forge.py").path
        let outcome = try Tool.python.run([script, BuiltBundle.ha.get().file.path, directory.url.path])
        #expect(outcome.status == 0, "\(outcome.transcript)")
        return directory
    }

    @Test func everyForgeryIsRefused() throws {
        let directory = try Self.forgeries.get().url
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path).filter { $0.hasSuffix(".tar") }
        #expect(names.count >= 75, "\(names)")
        for name in names.sorted() {
            let file = directory.appendingPathComponent(name).path
            let outcome = try Slipway.run(["verify", file])
            #expect(outcome.status == 1, "\(name): \(outcome.transcript)")
            #expect(outcome.errors.contains("error: "), "\(name)")
            #expect(outcome.errors.utf8.count < 20_000, "\(name): an error is not a dump")
            try expectOneErrorAtMost(name, ["cat", file, "etcd-1:/etc/hostname"])
            try expectNothingEscapes(name, file)
        }
    }

    /// What the forgeries are made with changes nothing by itself.
    @Test(arguments: ["rebuilt", "public"]) func anHonestCopyPasses(name: String) throws {
        let outcome = try Slipway.run([
            "verify", Self.forgeries.get().url.appendingPathComponent("good/\(name).tar").path,
        ])
        #expect(outcome.status == 0, "\(outcome.transcript)")
    }

    /// What `verify` must name: a person wants to know which blob is damaged.
    @Test func aFlippedBitIsNamed() throws {
        let outcome = try Slipway.run([
            "verify", Self.forgeries.get().url.appendingPathComponent("bit-flipped.tar").path,
        ])
        #expect(outcome.errors.contains("blobs/sha256/"), "\(outcome.transcript)")
    }

    /// Another machine's seed in a machine's place is refused before a file is written.
    @Test(arguments: ["verify", "extract"]) func anotherMachinesSeedIsRefused(command: String) throws {
        let directory = try Scratch()
        let target = directory.url.appendingPathComponent("target").path
        let file = try Self.forgeries.get().url.appendingPathComponent("seed-of-another.tar").path
        let arguments = command == "extract" ? [command, file, target, "--machine", "etcd-1"] : [command, file]
        let outcome = try Slipway.run(arguments)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("etcd-1:user-data without its keys"), "\(outcome.transcript)")
        #expect(!FileManager.default.fileExists(atPath: target))
    }

    /// What would reach paths and command lines of this host is refused with its place, before there is so much as a directory.
    @Test(arguments: [
        ("name", "machines[0].name"), ("gateway", "gateway"), ("address", "machines[0].address"),
        ("mac", "machines[0].mac"), ("uuid", "machines[0].uuid"), ("subnet", "subnet"), ("image", "machines[0].image"),
    ])
    func upRefusesWhatReachesCommandLines(_ name: String, _ place: String) throws {
        let directory = try Scratch()
        let state = directory.url.appendingPathComponent("one/two/three/state")
        let file = try Self.forgeries.get().url.appendingPathComponent("launch-\(name).tar").path
        for command in [["up", file, "--provider", "qemu"], ["up", file, "--dry-run"], ["doctor", file]] {
            let outcome = try Slipway.run(command, environment: ["SLIPWAY_STATE": state.path])
            #expect(outcome.status == 1, "\(outcome.transcript)")
            #expect(outcome.errors.contains("launch.json: \(place): "), "\(outcome.transcript)")
            #expect(outcome.errors.split(separator: "\n").count == 1, "a newline is no newline: \(outcome.transcript)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.url.path) == [])
    }

    /// A fault in a part that is not read is verify's business; otherwise there is one error, and only one.
    private func expectOneErrorAtMost(_ name: String, _ arguments: [String]) throws {
        let outcome = try Slipway.run(arguments)
        #expect([0, 1].contains(outcome.status), "\(name): \(outcome.transcript)")
        let errors = outcome.errors.split(separator: "\n").filter { $0.hasPrefix("error: ") }
        #expect(errors.count == Int(outcome.status), "\(name): \(outcome.errors)")
    }

    /// Extracts into a directory within an empty one: whatever happens, nothing else may appear there.
    private func expectNothingEscapes(_ name: String, _ file: String) throws {
        let outer = try Scratch()
        let target = outer.url.appendingPathComponent("one/two/three")
        try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
        try expectOneErrorAtMost(name, ["extract", file, target.path])
        let found = try FileManager.default.subpathsOfDirectory(atPath: outer.url.path)
        #expect(
            found.allSatisfy { $0 == "one" || $0 == "one/two" || $0.hasPrefix("one/two/three") }, "\(name): \(found)")
        #expect(!FileManager.default.fileExists(atPath: "/slipway-escaped"), "\(name)")
        for path in found {
            let file = outer.url.appendingPathComponent(path).path
            let attributes = try FileManager.default.attributesOfItem(atPath: file)
            #expect(attributes[.type] as? FileAttributeType != .typeSymbolicLink, "\(name): \(path)")
            #expect(
                (attributes[.posixPermissions] as? Int ?? 0) & 0o7000 == 0,
                "\(name): \(path) is setuid, setgid or sticky")
        }
    }
}
