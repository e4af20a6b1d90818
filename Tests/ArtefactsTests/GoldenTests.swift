import Artefacts
import BuildPlan
import Crypto
import Foundation
import TestSupport
import Testing
import Values

/// Every rendered artefact against the one that a person has read and committed.
///
/// Open files are kept whole. What follows from the secret is kept as a digest: nothing that looks like a key belongs in a
/// repository. `make golden` records; a recording run fails, so that nobody records by accident.
@Suite struct GoldenTests {
    private static let isRecording = ProcessInfo.processInfo.environment["SLIPWAY_RECORD"] == "1"
    private static let directory = Repository.root.appendingPathComponent("Tests/ArtefactsTests/Golden")

    @Test(arguments: GoldenCluster.all) func artefactsAreAsRecorded(cluster: GoldenCluster) throws {
        let expected = Self.directory.appendingPathComponent(cluster.name)
        let files = try Self.contents(of: cluster)
        if Self.isRecording {
            try Self.record(files, in: expected)
            Issue.record(
                "recorded \(files.count) files in Golden/\(cluster.name); look at them, then run without SLIPWAY_RECORD"
            )
            return
        }
        let recorded = Set(
            try FileManager.default.subpathsOfDirectory(atPath: expected.path).filter { path in
                var isDirectory: ObjCBool = false
                let file = expected.appendingPathComponent(path).path
                return unsafe FileManager.default.fileExists(atPath: file, isDirectory: &isDirectory)
                    && !isDirectory.boolValue
            })
        #expect(recorded == Set(files.keys), "files came or went; 'make golden' records them")
        for (path, content) in files.sorted(by: { $0.key < $1.key }) where recorded.contains(path) {
            let golden = try String(contentsOf: expected.appendingPathComponent(path), encoding: .utf8)
            #expect(content == golden, "\(cluster.name)/\(path)")
        }
    }

    /// Open files by path, and one list of digests for the rest.
    private static func contents(of cluster: GoldenCluster) throws -> [String: String] {
        var files: [String: String] = [:]
        var digests: [String] = []
        for (path, file) in try cluster.render() {
            if file.plan.content.exposure == .open {
                files[path] = String(decoding: file.bytes, as: UTF8.self)
            } else {
                let digest = SHA256.hash(data: file.bytes).map { String(format: "%02x", $0) }.joined()
                digests.append("\(digest)  \(path)")
            }
        }
        files["derived.sha256"] = digests.sorted { $0.dropFirst(66) < $1.dropFirst(66) }.joined(separator: "\n") + "\n"
        return files
    }

    private static func record(_ files: [String: String], in directory: URL) throws {
        try? FileManager.default.removeItem(at: directory)
        for (path, content) in files {
            let file = directory.appendingPathComponent(path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(content.utf8).write(to: file)
        }
    }
}
