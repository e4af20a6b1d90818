import Artefacts
import BuildPlan
import ClusterModel
import Diagnostics
import PKI
import Testing
import TopologySpec

/// A shipped or a test topology, rendered with the shipped templates and a secret that everybody knows.
struct GoldenCluster: Sendable, CustomTestStringConvertible {
    /// Name of the folder in `Golden/`.
    let name: String
    /// Path of the topology in the checkout.
    let topology: String
    /// The machines whose files are kept; the others differ from one of these only in names and addresses.
    let machines: [String]

    var testDescription: String { name }

    static let all = [
        GoldenCluster(
            name: "ha", topology: "topologies/ha.yaml",
            machines: ["haproxy", "vault", "jump", "etcd-1", "master-1", "worker-1"]),
        GoldenCluster(name: "ha-full", topology: "topologies/ha-full.yaml", machines: ["haproxy-1", "haproxy-2"]),
        GoldenCluster(name: "simple", topology: "topologies/simple.yaml", machines: ["jump", "worker-1"]),
        GoldenCluster(
            name: "bridge-shared", topology: "Tests/ArtefactsTests/Fixtures/bridge-shared.yaml",
            machines: ["vault", "worker-2"]),
    ]

    func plan() throws -> ClusterPlan {
        var report = Report()
        let source = SourceText(file: topology, text: try RepositoryFiles.text(topology))
        let read = try #require(TopologyReader.read(source, into: &report))
        let cluster = try #require(ClusterResolver.resolve(read, into: &report), "\(report.diagnostics)")
        return Planner.plan(cluster)
    }

    /// Rendered files by `MACHINE/path`, open and not.
    func render() throws -> [String: RenderedFile] {
        let plan = try plan()
        let renderer = Renderer(plan: plan, templates: try RepositoryFiles.templates())
        let authorities = try Authorities(plan: plan, secret: MasterSecret(bytes: Array(0..<32)))
        var files: [String: RenderedFile] = [:]
        for machine in plan.machines where machines.contains(machine.machine.name) {
            let artefacts = try renderer.render(machine, from: authorities)
            for file in artefacts.files { files[machine.machine.name + file.plan.path] = file }
            for file in artefacts.seedDocuments { files["\(machine.machine.name)/\(file.plan.path)"] = file }
        }
        for file in try renderer.renderOperatorFiles(from: authorities) { files["operator/\(file.plan.path)"] = file }
        return files
    }
}
