import Archive
import Artefacts
import BuildPlan
import BundleFormat
import Bundling
import ClusterModel
import Diagnostics
import Foundation
import PKI
import SystemPackage
import Testing
import TopologySpec
import Values

/// A small bundle, written into a directory that goes with the value.
final class SampleBundle {
    let directory: URL
    let summary: BundleSummary

    var path: FilePath { FilePath(summary.path) }

    private init(directory: URL, summary: BundleSummary) {
        self.directory = directory
        self.summary = summary
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    static func make(secret: UInt8 = 1, threads: Int = 2, lock: Lock = Lock()) async throws -> SampleBundle {
        let text = """
            version: 1
            name: sample
            epoch: 2026-11-22
            machines:
              - { name: jump,   role: jump,          address: 192.168.64.12 }
              - { name: etcd-1, role: etcd,          address: 192.168.64.21 }
              - { name: master, role: control-plane, address: 192.168.64.31 }
              - { name: worker, role: worker,        address: 192.168.64.41 , count: 2 }
            """
        var report = Report()
        let topology = try #require(TopologyReader.read(SourceText(file: "sample.yaml", text: text), into: &report))
        let plan = Planner.plan(try #require(ClusterResolver.resolve(topology, into: &report), "\(report.diagnostics)"))
        let authorities = try Authorities(
            plan: plan, secret: MasterSecret(bytes: [UInt8](repeating: secret, count: 32)))
        let writer = try BundleWriter(
            plan: plan, templates: TemplateSources(texts: templates()), authorities: authorities,
            lock: lock, inputs: BuildInputs(topology: Digest(hashing: Array(text.utf8)), lock: nil))
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("slipway-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        return SampleBundle(
            directory: directory, summary: try await writer.write(to: FilePath(directory.path), threads: threads))
    }

    private static func templates() throws -> [String: String] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("templates").path
        var texts: [String: String] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: root) {
            let type = try FileManager.default.attributesOfItem(atPath: "\(root)/\(path)")[.type] as? FileAttributeType
            if type == .typeRegular { texts[path] = try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8) }
        }
        return texts
    }
}
