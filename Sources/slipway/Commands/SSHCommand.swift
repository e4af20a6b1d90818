import ArgumentParser
import BundleFormat
import Launching
import Values

/// `slipway ssh BUNDLE_OR_NAME [MACHINE] [-- COMMAND…]`
struct SSHCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "ssh",
        abstract: "Log in to a machine with the bundle's key; hosts are known by their certificates.",
        discussion: "Without a machine: the jump host, which is also the way to all others.")

    @OptionGroup var instance: InstanceOptions

    @Argument(help: "The machine.", completion: .machine)
    var machine: String?

    @Argument(parsing: .postTerminator, help: "A command to run there, after --.")
    var command: [String] = []

    @OptionGroup var colour: ColourOptions

    func run(_ context: Context) async throws {
        try await CommandFailure.translating {
            let (opened, provider) = try instance.open(context)
            let all = opened.plan.machines
            let target = machine ?? (all.first { $0.role == .jump } ?? all.first)?.name ?? ""
            _ = try opened.machines([target])
            guard try provider.running(opened)[target] != nil else {
                throw LaunchError.notRunning(machine: target, instance: opened.paths.name)
            }
            try Interactive.become(provider.login(target, command, opened))
        }
    }
}
