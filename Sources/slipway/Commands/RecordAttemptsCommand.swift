import ArgumentParser
import Foundation
import Launching
import Nspawn
import Qemu

/// `slipway record-attempts PROVIDER DIRECTORY`: what `up --sealed-off` leaves running beside the machines. Nobody types it.
struct RecordAttemptsCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "record-attempts", abstract: "Count what sealed-off machines try to send outside.",
        shouldDisplay: false)

    @Argument(help: "What runs the machines.")
    var provider: ProviderName

    @Argument(help: "The instance's directory.")
    var directory: String

    @OptionGroup var colour: ColourOptions

    func run(_ context: Context) async throws {
        try await CommandFailure.translating {
            let url = URL(fileURLWithPath: directory)
            let paths = try InstancePaths(
                name: url.lastPathComponent, root: url.deletingLastPathComponent().path)
            switch provider {
            case .nspawn: try NspawnRecorder.run(paths)
            case .qemu: try QemuRecorder.run(paths)
            case .utm: throw LaunchError.cannotSealOff("utm has no recorder")
            }
        }
    }
}
