import ArgumentParser
import Launching

/// `slipway start BUNDLE_OR_NAME [MACHINE…]`
struct StartCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Start machines that were stopped.")

    @OptionGroup var instance: InstanceOptions

    @Argument(help: "Only these machines.", completion: .machine)
    var machines: [String] = []

    @OptionGroup var output: OutputOptions
    @OptionGroup var colour: ColourOptions

    func run(_ context: Context) async throws {
        try await CommandFailure.translating {
            let launcher = try instance.launcher(context)
            let started = try launcher.start(machines)
            context.out(MachineListOutput.text("started", started, launcher.paths, output.format))
        }
    }
}
