import ArgumentParser
import BundleFormat
import Launching
import Values

/// `slipway restore BUNDLE_OR_NAME SNAPSHOT`
struct RestoreCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Put the disks of all machines back to a snapshot.",
        discussion: """
            What was written since is lost, so machines that run are not asked to end: they are switched off, get their disks
            and are started again. Others stay off.
            """)

    @OptionGroup var instance: InstanceOptions

    @Argument(help: "The snapshot's name.")
    var snapshot: String

    @Option(
        help: ArgumentHelp(
            "Have machines end in order, each for so long at most, before they are switched off.", valueName: "seconds")
    )
    var grace = 0

    @OptionGroup var consent: ConsentOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var colour: ColourOptions

    func run(_ context: Context) async throws {
        try await CommandFailure.translating {
            let launcher = try instance.launcher(context)
            try consent.ask(
                "What the machines of \(launcher.paths.name) have written since the snapshot '\(printable(snapshot))' is lost.",
                context)
            let started = try launcher.restoreSnapshot(snapshot, grace: grace)
            switch output.format {
            case .json:
                context.out(
                    JSONOutput.line([
                        "instance": .string(launcher.paths.name), "restored": .string(snapshot),
                        "started": .strings(started),
                    ]))
            case .text:
                context.out("\(launcher.paths.name): \(snapshot) restored, \(started.count) started\n")
            }
        }
    }
}
