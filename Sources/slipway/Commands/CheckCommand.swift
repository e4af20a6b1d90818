import ArgumentParser
import BundleFormat
import Bundling
import ClusterModel
import Diagnostics
import Values

/// `slipway check SPEC`
struct CheckCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check a topology and show everything that is wrong with it.",
        discussion: """
            The only command that looks at the clock: it tells when certificates have expired or soon will, and which releases upstream no
            longer supports.
              slipway check ha.yaml --strict             warnings fail it too
              slipway check ha.yaml --now 2027-06-30     as if it were that day
            """)

    @Argument(help: "The topology, such as topologies/ha.yaml.", completion: .topology)
    var spec: String

    @Flag(help: "Fail on warnings too.")
    var strict = false

    @Option(
        help: "Check as if it were this moment, such as 2027-01-31.",
        transform: { text in
            guard let moment = Timestamp(text) else {
                throw ValidationError("'\(text)' is not a valid date; expected 2027-01-31 or 2027-01-31T10:00:00Z")
            }
            return moment
        })
    var now: Timestamp?

    @OptionGroup var output: OutputOptions
    @OptionGroup var colour: ColourOptions

    func run(_ context: Context) async throws {
        var input = try TopologyInput.load(spec, context)
        input.check(at: now ?? context.now())
        let failed = input.report.isFatal(strict: strict)
        switch output.format {
        case .json:
            context.out(
                JSONOutput.line([
                    "ok": .bool(!failed), "findings": JSONOutput.value(input.report),
                    "count": .integer(Int64(input.report.count)),
                ]))
        case .text:
            context.err(
                DiagnosticPrinter(sources: [input.source], colour: context.errHasColour, width: context.errWidth).text(
                    for: input.report))
            if !failed, let cluster = input.cluster {
                context.out("\(spec): \(cluster.name), \(cluster.machines.count) machines, ok\n")
            }
        }
        if failed { throw CommandFailure(.input, nil) }
    }
}
