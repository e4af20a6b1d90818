import ArgumentParser
import BuildPlan
import BundleFormat
import Bundling
import ClusterModel

/// `slipway plan SPEC`
struct PlanCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Show which machines, files, certificates and payloads a bundle would hold.",
        discussion: "Nothing is rendered and no secrets file is needed.")

    @Argument(help: "The topology, such as topologies/ha.yaml.", completion: .topology)
    var spec: String

    @Option(help: "Show this machine in full.")
    var machine: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var colour: ColourOptions

    func run(_ context: Context) async throws {
        let cluster = try TopologyInput.load(spec, context).requireCluster(strict: false, context, output.format)
        let plan = Planner.plan(cluster)
        let shown = plan.machines.filter { machine == nil || $0.machine.name == machine }
        if let machine, shown.isEmpty {
            let error = CommandFailure(
                .input, "\(spec) has no machine '\(machine)'",
                help: "it has " + plan.machines.map(\.machine.name).joined(separator: ", "))
            throw error
        }
        switch output.format {
        case .json: context.out(JSONOutput.line(PlanOutput.json(plan, shown)))
        case .text:
            context.out(
                machine == nil
                    ? PlanOutput.overview(plan, width: context.outWidth)
                    : shown.map { PlanOutput.detail($0, width: context.outWidth) }.joined())
        }
    }
}
