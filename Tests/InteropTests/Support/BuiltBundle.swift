import Foundation
import TestSupport

/// A shipped topology's bundle, built once in a test run, and its files.
///
/// Its epoch is now, so that the certificates are valid for consumers that look at the clock.
final class BuiltBundle: Sendable {
    static let ha = Result { try BuiltBundle(topology: "ha") }
    static let simple = Result { try BuiltBundle(topology: "simple") }
    /// Two load balancers that share an address.
    static let haFull = Result { try BuiltBundle(topology: "ha-full") }
    static let all = ["ha": ha, "ha-full": haFull, "simple": simple]

    let name: String
    /// The tar.
    let file: URL
    /// What `slipway extract` wrote: a directory for each machine, and `operator`.
    let tree: URL
    /// What `slipway extract --seeds` wrote: an image for each machine.
    let seeds: URL
    /// The tar's members, as GNU tar sees them.
    let layout: URL
    let machines: [Machine]
    private let directory: Scratch

    struct Machine: Sendable, Decodable {
        let name: String
        let role: String
        let address: String
    }

    private init(topology: String) throws {
        name = topology
        directory = try Scratch()
        let base = directory.url
        let (secrets, out) = (base.appendingPathComponent("secret"), base.appendingPathComponent("out"))
        tree = base.appendingPathComponent("tree")
        layout = base.appendingPathComponent("layout")
        seeds = base.appendingPathComponent("seeds")
        try Slipway.output(["secrets", "new", secrets.path])
        let result = try Slipway.output(
            [
                "bundle", Repository.topology(topology).path, "--secrets", secrets.path, "--templates",
                Repository.templates.path, "--out", out.path, "--format", "json",
            ], environment: ["SOURCE_DATE_EPOCH": String(Int(Date().timeIntervalSince1970))])
        file = URL(fileURLWithPath: try JSONDecoder().decode(Built.self, from: Data(result.utf8)).path)
        try Slipway.output(["extract", file.path, tree.path])
        try Slipway.output(["extract", "--seeds", file.path, seeds.path])
        try FileManager.default.createDirectory(at: layout, withIntermediateDirectories: true)
        let unpacked = try Tool.tar.run(["--extract", "--file", file.path, "--directory", layout.path])
        guard unpacked.status == 0 else { throw Slipway.Failed(arguments: ["tar"], transcript: unpacked.transcript) }
        let plan = try Slipway.output(["plan", Repository.topology(topology).path, "--format", "json"])
        machines = try JSONDecoder().decode(Plan.self, from: Data(plan.utf8)).machines
    }

    private struct Built: Decodable { let path: String }
    private struct Plan: Decodable { let machines: [Machine] }

    /// The path below the machine's directory.
    func path(_ machine: String, _ file: String) -> String { tree.appendingPathComponent(machine).path + file }

    /// Every file of the extracted tree for which the condition holds, sorted.
    func files(where isWanted: (String) -> Bool) -> [String] {
        let names = FileManager.default.enumerator(atPath: tree.path)?.compactMap { $0 as? String } ?? []
        return names.map { "\(tree.path)/\($0)" }.filter { path in
            var isDirectory: ObjCBool = false
            return unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
                && !isDirectory.boolValue
                && isWanted(path)
        }.sorted()
    }
}
