import ArgumentParser
import Launching

/// `slipway stop BUNDLE_OR_NAME [MACHINE…]`
struct StopCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Power machines off in order; their disks stay.",
        discussion: "Vault and the members of etcd are last, one by one.")

    @OptionGroup var instance: InstanceOptions

    @Argument(help: "Only these machines.", completion: .machine)
    var machines: [String] = []

    @Option(
        help: ArgumentHelp("How long a machine may take to power off; then it is ended by force.", valueName: "seconds")
    )
    var grace = 60

    @OptionGroup var output: OutputOptions
    @OptionGroup var colour: ColourOptions

    func validate() throws {
        if !(0...3600).contains(grace) { throw ValidationError("--grace takes 0 to 3600 seconds") }
    }

    func run(_ context: Context) async throws {
        try await CommandFailure.translating {
            let launcher = try instance.launcher(context)
            let stopped = try launcher.stop(machines, grace: grace)
            context.out(MachineListOutput.text("stopped", stopped, launcher.paths, output.format))
        }
    }
}
