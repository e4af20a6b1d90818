import Foundation
import Testing

/// Bundles that somebody damaged, or made to do harm: one clear error, no crash, and no file outside the directory.
@Suite(.needs(.python))
struct HostileBundleTests {
    @Test func everyForgeryIsRefused() throws {
        let directory = try forgeries()
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.url.path).filter { $0.hasSuffix(".tar") }
        #expect(names.count >= 50, "\(names)")
        for name in names.sorted() {
            let file = directory.url.appendingPathComponent(name).path
            let outcome = try Slipway.run(["verify", file])
            #expect(outcome.status == 1, "\(name): \(outcome.transcript)")
            #expect(outcome.errors.contains("error: "), "\(name)")
            #expect(outcome.errors.utf8.count < 20_000, "\(name): an error is not a dump")
            try expectNothingEscapes(name, file)
        }
    }

    /// What the forgeries are made with changes nothing by itself.
    @Test(arguments: ["rebuilt", "public"]) func anHonestCopyPasses(name: String) throws {
        let directory = try forgeries()
        let outcome = try Slipway.run(["verify", directory.url.appendingPathComponent("good/\(name).tar").path])
        #expect(outcome.status == 0, "\(outcome.transcript)")
    }

    /// What `verify` must name: a person wants to know which blob is damaged.
    @Test func aFlippedBitIsNamed() throws {
        let directory = try forgeries()
        let file = directory.url.appendingPathComponent("bit-flipped.tar").path
        let outcome = try Slipway.run(["verify", file])
        #expect(outcome.errors.contains("sha256:"), "\(outcome.transcript)")
        #expect(outcome.errors.contains("expected") || outcome.errors.contains("damaged"), "\(outcome.transcript)")
    }

    private func forgeries() throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        let script = Repository.scripts.appendingPathComponent("forge.py").path
        let outcome = try Tool.python.run([script, BuiltBundle.ha.get().file.path, directory.url.path])
        #expect(outcome.status == 0, "\(outcome.transcript)")
        return directory
    }

    /// Extracts into a directory within an empty one: whatever happens, nothing else may appear there.
    private func expectNothingEscapes(_ name: String, _ file: String) throws {
        let outer = try TemporaryDirectory()
        let target = outer.url.appendingPathComponent("one/two/three")
        try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
        let outcome = try Slipway.run(["extract", file, target.path])
        // A fault in a part that is not read is verify's business; otherwise there is one error, and only one.
        #expect([0, 1].contains(outcome.status), "\(name): \(outcome.transcript)")
        let errors = outcome.errors.split(separator: "\n").filter { $0.hasPrefix("error: ") }
        #expect(errors.count == Int(outcome.status), "\(name): \(outcome.errors)")
        let found = try FileManager.default.subpathsOfDirectory(atPath: outer.url.path)
        #expect(found.allSatisfy { $0 == "one" || $0 == "one/two" || $0.hasPrefix("one/two/three") }, "\(name): \(found)")
        #expect(!FileManager.default.fileExists(atPath: "/slipway-escaped"), "\(name)")
        for path in found {
            let type = try FileManager.default.attributesOfItem(atPath: outer.url.appendingPathComponent(path).path)[.type]
            #expect(type as? FileAttributeType != .typeSymbolicLink, "\(name): \(path)")
        }
    }
}
