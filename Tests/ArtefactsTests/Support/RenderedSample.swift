import Artefacts
import BuildPlan
import ClusterModel
import Diagnostics
import PKI
import Testing
import TopologySpec
import Values

/// A small cluster rendered from the shipped templates and a fixed secret.
struct RenderedSample {
    let plan: ClusterPlan
    private let renderer: Renderer
    private let authorities: Authorities

    /// - Parameter settings: further lines of the topology: more machines, or more keys at the top level.
    init(_ settings: String = "", sourceLocation: SourceLocation = #_sourceLocation) throws {
        let text = """
            version: 1
            name: sample
            epoch: 2026-11-22
            machines:
              - { name: balancer, role: load-balancer, address: 192.168.64.10 }
              - { name: safe,     role: vault,         address: 192.168.64.11 }
              - { name: bastion,  role: jump,          address: 192.168.64.12 }
              - { name: etcd-1,   role: etcd,          address: 192.168.64.21 }
              - { name: plane-1,  role: control-plane, address: 192.168.64.31 }
              - { name: worker-1, role: worker,        address: 192.168.64.41 }
            \(settings)
            """
        var report = Report()
        let source = SourceText(file: "sample.yaml", text: text)
        let topology = try #require(TopologyReader.read(source, into: &report), sourceLocation: sourceLocation)
        let cluster = ClusterResolver.resolve(topology, into: &report)
        plan = Planner.plan(try #require(cluster, "\(report.diagnostics)", sourceLocation: sourceLocation))
        renderer = Renderer(plan: plan, templates: try RepositoryFiles.templates())
        authorities = try Authorities(plan: plan, secret: MasterSecret(bytes: [UInt8](repeating: 7, count: 32)))
    }

    /// The text of every file of the first machine with this role, by path.
    func files(_ role: Role) throws -> [String: String] {
        let machine = try #require(plan.machines.first { $0.machine.role == role })
        let files = try renderer.render(machine, from: authorities).files
        return Dictionary(uniqueKeysWithValues: files.map { ($0.plan.path, String(decoding: $0.bytes, as: UTF8.self)) })
    }

    /// The bytes of every file of every machine and of the operator, by `HOLDER:PATH`.
    func all() throws -> [String: [UInt8]] {
        var bytes: [String: [UInt8]] = [:]
        for machine in plan.machines {
            let artefacts = try renderer.render(machine, from: authorities)
            for file in artefacts.files + artefacts.seedDocuments {
                bytes["\(machine.machine.name):\(file.plan.path)"] = file.bytes
            }
        }
        for file in try renderer.renderOperatorFiles(from: authorities) {
            bytes["operator:\(file.plan.path)"] = file.bytes
        }
        return bytes
    }

    func unit(_ name: String, on role: Role) throws -> String {
        try #require(files(role)["/etc/systemd/system/\(name).service"])
    }
}
