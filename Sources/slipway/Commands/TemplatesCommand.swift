import ArgumentParser
import BundleFormat
import Bundling

/// `slipway templates`
struct TemplatesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "templates", abstract: "Write the templates inside this program into a directory, to change them.",
        subcommands: [Export.self])

    /// `slipway templates export DIR`
    struct Export: ContextCommand {
        static let configuration = CommandConfiguration(
            commandName: "export", abstract: "Write all templates into a new directory.",
            discussion: """
                Change what you like there, and name the directory to every build:
                  slipway templates export templates
                  slipway bundle topologies/ha.yaml --templates templates
                As long as nothing is changed, the bundle has the same digests as without --templates.
                """)

        @Argument(help: "The directory to make; one that exists is never written to.", completion: .directory)
        var directory: String

        @OptionGroup var output: OutputOptions
        @OptionGroup var colour: ColourOptions

        func run(_ context: Context) async throws {
            let paths: [String]
            do throws(InputError) { paths = try TemplateDirectory.export(to: directory) } catch {
                throw CommandFailure(error)
            }
            switch output.format {
            case .json: context.out(JSONOutput.line(["path": .string(directory), "templates": .strings(paths)]))
            case .text: context.out("\(directory)\n")
            }
        }
    }
}
