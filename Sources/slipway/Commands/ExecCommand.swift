import ArgumentParser
import Launching

/// `slipway exec BUNDLE_OR_NAME MACHINE -- COMMAND…`
struct ExecCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec", abstract: "Run a command inside a machine as root, past SSH and the network.",
        discussion: "Ends with the command's own status.")

    @OptionGroup var instance: InstanceOptions

    @Argument(help: "The machine.")
    var machine: String

    @Argument(parsing: .postTerminator, help: "The command, after --; a shell when there is none.")
    var command: [String] = []

    func run(_ context: Context) async throws {
        try await CommandFailure.translating {
            let opened = try instance.open(context)
            _ = try opened.machines([machine])
            let provider = instance.provider.make()
            guard let running = try provider.running(opened)[machine], running.leader != nil else {
                throw LaunchError.notRunning(machine: machine, instance: opened.paths.name)
            }
            let arguments = command.isEmpty ? ["bash", "--login"] : command
            try Interactive.become(provider.execution(arguments, in: running, terminal: context.environment["TERM"]))
        }
    }
}
