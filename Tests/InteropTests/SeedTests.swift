import Foundation
import TestSupport
import Testing

/// The seed images, as the system that boots from them sees them.
@Suite(.serialized)
struct SeedTests {
    @Test(.needs(.blkid)) func carryTheLabelThatCloudInitLooksFor() throws {
        for seed in try seeds() {
            let outcome = try Tool.blkid.run(["--probe", "--output", "export", seed.image.path])
            #expect(outcome.output.contains("\nLABEL=cidata\n"), "\(seed.machine): \(outcome.transcript)")
            #expect(outcome.output.contains("TYPE=iso9660"))
        }
    }

    /// Rock Ridge and Joliet must both show the names exactly: drivers differ in which they read.
    @Test(.needs(.isoinfo), arguments: [["-R"], ["-J"]]) func showExactNames(extensions: [String]) throws {
        for seed in try seeds() {
            let outcome = try Tool.isoinfo.run(["-f"] + extensions + ["-i", seed.image.path])
            let names = Set(outcome.output.split(separator: "\n").map(String.init))
            let missing = try expectedNames(of: seed.machine).subtracting(names)
            #expect(missing.isEmpty, "\(seed.machine): \(missing.sorted()) not in \(outcome.transcript)")
        }
    }

    @Test(.needs(.xorriso)) func holdExactlyTheMachinesFiles() throws {
        let bundle = try BuiltBundle.ha.get()
        for seed in try seeds() {
            let target = try Scratch()
            let outcome = try Tool.xorriso.run(
                ["-osirrox", "on", "-indev", seed.image.path, "-extract", "/", "\(target.url.path)/seed"])
            #expect(outcome.status == 0, "\(outcome.transcript)")
            let root = target.url.appendingPathComponent("seed")
            let found = Set(try FileManager.default.subpathsOfDirectory(atPath: root.path).map { "/\($0)" })
            #expect(try expectedNames(of: seed.machine).subtracting(found).isEmpty)
            for name in try expectedNames(of: seed.machine) {
                let onMachine = name.replacing(/^\/slipway(\/files)?/, with: "")
                let (image, extracted) = ("\(root.path)\(name)", bundle.path(seed.machine, onMachine))
                #expect(FileManager.default.contentsEqual(atPath: image, andPath: extracted), "\(seed.machine):\(name)")
            }
        }
    }

    private struct Seed {
        let machine: String
        let image: URL
    }

    /// One for each machine, by the names that the bundle gives them.
    private func seeds() throws -> [Seed] {
        let bundle = try BuiltBundle.ha.get()
        return bundle.machines.map { machine in
            Seed(machine: machine.name, image: bundle.seeds.appendingPathComponent("\(machine.name).iso"))
        }
    }

    /// What must be in a seed: cloud-init's documents, the manifest, and the machine's files by their paths; all as extracted.
    private func expectedNames(of machine: String) throws -> Set<String> {
        let documents: Set = ["/user-data", "/meta-data", "/network-config", "/machine.json"]
        let root = try BuiltBundle.ha.get().tree.appendingPathComponent(machine).path
        let files = try FileManager.default.subpathsOfDirectory(atPath: root).map { "/\($0)" }.filter { name in
            var isDirectory: ObjCBool = false
            return unsafe FileManager.default.fileExists(atPath: root + name, isDirectory: &isDirectory)
                && !isDirectory.boolValue && !documents.contains(name)
        }
        let atRoot = documents.subtracting(["/machine.json"])
        return atRoot.union(["/slipway/machine.json"]).union(files.map { "/slipway/files\($0)" })
    }
}
