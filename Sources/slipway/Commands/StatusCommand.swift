import ArgumentParser
import BundleFormat
import Launching

/// `slipway status BUNDLE_OR_NAME [MACHINE…]`
struct StatusCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show how machines are: power, cloud-init, what was applied, drift, failed units.")

    @OptionGroup var instance: InstanceOptions

    @Argument(help: "Only these machines.")
    var machines: [String] = []

    @OptionGroup var output: OutputOptions

    func run(_ context: Context) async throws {
        try await CommandFailure.translating {
            let (opened, provider) = try instance.open(context)
            let wanted = try opened.machines(machines)
            let statuses = try await StatusReader(opened, provider).read(wanted)
            let faults = try provider.faults(opened)
            switch output.format {
            case .json:
                context.out(
                    JSONOutput.line([
                        "instance": .string(opened.paths.name), "cluster": .string(opened.record.cluster),
                        "bundleDigest": .string("\(opened.record.bundleDigest)"),
                        "provider": .string(opened.record.provider.rawValue), "faults": .strings(faults),
                        "machines": .array(statuses.map(\.json)),
                    ]))
            case .text: context.out(StatusOutput.text(statuses, faults: faults))
            }
        }
    }
}
