import ArgumentParser
import BundleFormat
import Bundling

/// `slipway secrets`
struct SecretsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secrets", abstract: "Make the file that all keys derive from.", subcommands: [New.self])

    /// `slipway secrets new FILE`
    struct New: ContextCommand {
        static let configuration = CommandConfiguration(
            commandName: "new", abstract: "Write 32 random bytes to a new file that only you can read.",
            discussion:
                "Keep it: who has it can make every key of the cluster, and without it no bundle can be made again.")

        @Argument(help: "The file to make; one that exists is never replaced.", completion: .file())
        var file: String

        @OptionGroup var output: OutputOptions
        @OptionGroup var colour: ColourOptions

        func run(_ context: Context) async throws {
            do throws(InputError) { try SecretsFile.create(file) } catch { throw CommandFailure(error) }
            switch output.format {
            case .json: context.out(JSONOutput.line(["path": .string(file)]))
            case .text: context.out("\(file)\n")
            }
        }
    }
}
