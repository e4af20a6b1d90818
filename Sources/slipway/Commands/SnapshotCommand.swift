import ArgumentParser
import ClusterModel
import Launching
import Values

/// `slipway snapshot BUNDLE_OR_NAME SNAPSHOT`
struct SnapshotCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot", abstract: "Save the disks of all machines as they are now.",
        discussion: """
            Machines that run stand still until all disks are kept; under UTM they must be stopped first, since UTM does not tell when their writes \
            have reached the disk. Memory is not kept: after a restore they boot.
            """)

    @OptionGroup var instance: InstanceOptions

    @Argument(help: "The snapshot's name.")
    var snapshot: String

    @OptionGroup var output: OutputOptions
    @OptionGroup var colour: ColourOptions

    func run(_ context: Context) async throws {
        try await CommandFailure.translating {
            let launcher = try instance.launcher(context)
            let taken = try launcher.takeSnapshot(snapshot, at: context.now().description)
            switch output.format {
            case .json: context.out(JSONOutput.line(taken.json))
            case .text: context.out("\(launcher.paths.name): snapshot \(taken.name) taken\n")
            }
        }
    }
}
