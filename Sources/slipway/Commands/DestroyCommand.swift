import ArgumentParser
import BundleFormat
import Launching

/// `slipway destroy BUNDLE_OR_NAME`
struct DestroyCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "destroy", abstract: "End an instance's machines and remove all that belongs to it.",
        discussion: "The machines' data is gone for good. The bundle, the store and the base tree stay.")

    @OptionGroup var instance: InstanceOptions
    @OptionGroup var output: OutputOptions

    func run(_ context: Context) async throws {
        try await CommandFailure.translating {
            let paths = try instance.paths(context)
            let wasThere = try Launcher(paths, instance.provider.make()).destroy()
            switch output.format {
            case .json: context.out(JSONOutput.line(["instance": .string(paths.name), "destroyed": .bool(wasThere)]))
            case .text: context.out("\(paths.name): " + (wasThere ? "destroyed\n" : "nothing to destroy\n"))
            }
        }
    }
}
