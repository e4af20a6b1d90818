import ArgumentParser
import BundleFormat
import Launching

/// `slipway destroy BUNDLE_OR_NAME`
struct DestroyCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "destroy", abstract: "Stop an instance's machines and delete everything that belongs to it.",
        discussion: """
            The machines' data is gone for good. The bundle, the store and the base tree stay. On a terminal it asks first.
            """)

    @OptionGroup var instance: InstanceOptions

    @Flag(help: "Succeed also when there is no such instance.")
    var missingOk = false

    @OptionGroup var consent: ConsentOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var colour: ColourOptions

    func run(_ context: Context) async throws {
        try await CommandFailure.translating {
            let paths = try instance.paths(context)
            if let present = try? Instance.open(paths) {
                let machines = present.plan.machines.count
                try consent.ask(
                    "This ends \(paths.name) and removes the disks of its \(machines) \(machines == 1 ? "machine" : "machines"), "
                        + "in \(paths.directory).", context)
            }
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

/// The option of the commands after which something is gone for good.
struct ConsentOptions: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Do not ask. Without a terminal nothing is asked.")
    var yes = false

    /// Asks a person who sits at a terminal; a script has decided already.
    ///
    /// - Parameter consequence: what is going to happen, as a sentence.
    /// - Throws: ``CommandFailure`` when the answer is not yes.
    func ask(_ consequence: String, _ context: Context) throws(CommandFailure) {
        guard !yes, context.isInteractive, context.errIsTerminal else { return }
        context.err("\(consequence)\nGo on? [y/N] ")
        let answer = (readLine() ?? "").lowercased()
        guard answer == "y" || answer == "yes" else {
            throw CommandFailure(.input, "nothing was changed", help: "answer y, or give --yes")
        }
    }
}
