import ArgumentParser
import BundleFormat
import Bundling
import ClusterModel
import HostSystem
import Launching
import Unbundling
import Values

/// `slipway graph TOPOLOGY_OR_BUNDLE_OR_NAME`
struct GraphCommand: ContextCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable { case svg, mermaid, dot }

    static let configuration = CommandConfiguration(
        commandName: "graph", abstract: "Draw a cluster: its machines, and who talks to whom with which certificate.",
        discussion: """
            Of an instance the picture says how well each machine is now. For example:
              slipway graph topologies/ha.yaml -o ha.svg
              slipway graph out/ha-….tar --format mermaid
              slipway graph ha --format dot | dot -Tpng -o ha.png
            """)

    @Argument(
        help: ArgumentHelp("A topology, a bundle, or an instance's name.", valueName: "topology-or-bundle-or-name"),
        completion: .file())
    var subject: String

    @Option(help: "How it is written: svg, mermaid or dot.")
    var format = Format.svg

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Where it is written.", discussion: "Default: standard output.", valueName: "file"),
        completion: .file())
    var output: String?

    @OptionGroup var colour: ColourOptions

    func run(_ context: Context) async throws {
        let picture = try await CommandFailure.translating { try await graph(context) }
        let text =
            switch format {
            case .svg: ClusterPicture(picture).svg + "\n"
            case .mermaid: picture.mermaid
            case .dot: picture.dot
            }
        guard let output else { return context.out(text) }
        try await CommandFailure.translating { try Files<LaunchError>.write(Array(text.utf8), to: output) }
        context.out("\(output)\n")
    }

    private func graph(_ context: Context) async throws -> ClusterGraph {
        if subject.hasSuffix(".yaml") || subject.hasSuffix(".yml") {
            let cluster = try TopologyInput.load(subject, context).requireCluster(strict: false, context, .text)
            return ClusterGraph(
                cluster.name, cluster.machines.map { .init(name: $0.name, role: $0.role, address: $0.address) })
        }
        guard !InstanceOptions.isBundle(subject) else {
            let bundle = try Unbundling.Bundle.open(named: subject)
            return ClusterGraph(bundle.launchPlan)
        }
        let instance = try Instance.open(InstancePaths(name: subject, root: InstanceOptions.root(context)))
        let statuses = try await StatusReader(instance, instance.record.provider.make()).read(instance.plan.machines)
        return ClusterGraph(
            instance.plan.cluster,
            statuses.map { status in
                let word = status.power == .running ? status.health.rawValue : status.power.rawValue
                return .init(
                    name: status.name, role: status.role, address: status.address,
                    state: .init(word: word, isWell: status.isHealthy))
            })
    }
}
