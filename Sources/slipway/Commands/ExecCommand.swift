import ArgumentParser
import Launching

/// `slipway exec BUNDLE_OR_NAME MACHINE -- COMMAND…`
struct ExecCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec", abstract: "Run a command inside a machine as root.",
        discussion: "Ends with the command's own status. Virtual machines are reached by SSH, containers without.")

    @OptionGroup var instance: InstanceOptions

    @Argument(help: "The machine.", completion: .machine)
    var machine: String

    @Argument(parsing: .postTerminator, help: "The command, after --; a shell when there is none.")
    var command: [String] = []

    @OptionGroup var colour: ColourOptions

    func run(_ context: Context) async throws {
        try await CommandFailure.translating {
            let (opened, provider) = try instance.open(context)
            _ = try opened.machines([machine])
            guard let running = try provider.running(opened)[machine], running.state == .running else {
                throw LaunchError.notRunning(machine: machine, instance: opened.paths.name)
            }
            let arguments = command.isEmpty ? ["bash", "--login"] : command
            // A terminal there only when there is one here: it would change what a program prints.
            let terminal = context.isInteractive ? context.environment["TERM"] : nil
            try Interactive.become(provider.execution(arguments, in: running, of: opened, terminal: terminal))
        }
    }
}
