import ArgumentParser
import Launching

/// `slipway console BUNDLE_OR_NAME MACHINE`
struct ConsoleCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "console", abstract: "Attach this terminal to a machine's serial console.",
        discussion: "Ctrl-] leaves it; the machine goes on. 'slipway logs --console' prints what was written before.")

    @OptionGroup var instance: InstanceOptions

    @Argument(help: "The machine.", completion: .machine)
    var machine: String

    @Flag(help: "Show escape sequences as they are: a machine can have a terminal do odd things with them.")
    var raw = false

    @OptionGroup var colour: ColourOptions

    func run(_ context: Context) async throws {
        try await CommandFailure.translating {
            let (opened, provider) = try instance.open(context)
            _ = try opened.machines([machine])
            guard try provider.running(opened)[machine] != nil else {
                throw LaunchError.notRunning(machine: machine, instance: opened.paths.name)
            }
            switch try provider.console(of: machine, opened) {
            case .output(let command): try TerminalOutput.become(command, raw: raw)
            case .program(let command): try TerminalOutput.become(command, raw: true)
            case .socket(let path):
                if context.isInteractive { context.err("\(machine)'s console; Ctrl-] leaves it\n") }
                try ConsoleSession.run(socket: path, machine: machine, raw: raw)
            }
        }
    }
}
