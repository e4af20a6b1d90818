import ArgumentParser
import Launching

/// `slipway logs BUNDLE_OR_NAME MACHINE`
struct LogsCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Print a machine's journal, or with --console what it wrote there.",
        discussion:
            "Of a machine that is stopped: a container's journal, and any machine's console under qemu and nspawn.")

    @OptionGroup var instance: InstanceOptions

    @Argument(help: "The machine.", completion: .machine)
    var machine: String

    @Option(help: ArgumentHelp("Only this unit's lines.", valueName: "unit"))
    var unit: String?

    @Option(name: [.customShort("n"), .long], help: ArgumentHelp("Only the last lines.", valueName: "count"))
    var lines: Int?

    @Flag(name: .shortAndLong, help: "Go on with new lines.")
    var follow = false

    @Flag(help: "Print escape sequences as they are: on a terminal they are left out otherwise.")
    var raw = false

    @Flag(help: "What the machine wrote on its console instead.")
    var console = false

    @OptionGroup var colour: ColourOptions

    func validate() throws {
        if let lines, lines < 0 { throw ValidationError("--lines takes a number from 0") }
    }

    func run(_ context: Context) async throws {
        try await CommandFailure.translating {
            let (opened, provider) = try instance.open(context)
            _ = try opened.machines([machine])
            let request = LogRequest(unit: unit, lines: lines, follows: follow, console: console)
            let log = try provider.log(of: machine, running: try provider.running(opened)[machine], request, opened)
            try TerminalOutput.become(log, raw: raw)
        }
    }
}
