import ArgumentParser
import BundleFormat
import Launching

/// `slipway destroy BUNDLE_OR_NAME`
struct DestroyCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "destroy", abstract: "End an instance's machines and remove all that belongs to it.",
        discussion: "The machines' data is gone for good. The bundle, the store and the base tree stay.")

    @OptionGroup var instance: InstanceOptions

    @Flag(help: "An instance that is not there is no error.")
    var missingOk = false

    @OptionGroup var output: OutputOptions

    func run(_ context: Context) async throws {
        try await CommandFailure.translating {
            let paths = try instance.paths(context)
            var wasThere = false
            for provider in try providers(paths) {
                wasThere = try Launcher(paths, provider.make()).destroy() || wasThere
            }
            guard wasThere || missingOk else { throw LaunchError.nothingToDestroy(name: paths.name, root: paths.root) }
            switch output.format {
            case .json: context.out(JSONOutput.line(["instance": .string(paths.name), "destroyed": .bool(wasThere)]))
            case .text: context.out("\(paths.name): " + (wasThere ? "destroyed\n" : "nothing to destroy\n"))
            }
        }
    }

    /// When the instance's own documents do not say, whatever could run machines here is asked to look for some.
    private func providers(_ paths: InstancePaths) throws -> [ProviderName] {
        if let recorded = (try? Instance.open(paths)).map(\.record.provider) {
            return [recorded]
        }
        return instance.provider.map { [$0] } ?? ProviderName.allCases
    }
}
