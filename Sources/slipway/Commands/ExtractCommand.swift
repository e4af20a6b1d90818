import ArgumentParser
import BundleFormat
import SystemPackage
import Unbundling

/// `slipway extract BUNDLE DIR`
struct ExtractCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "extract", abstract: "Write a bundle's files into a directory, a subdirectory for each machine.",
        discussion: "Modes are those on the machines, so keys stay readable by you alone; owners become you.")

    @Argument(help: "The bundle.", completion: .bundle)
    var bundle: String

    @Argument(help: "The directory; made when it is not there.", completion: .directory)
    var directory: String

    @Option(help: "Only this machine.")
    var machine: String?

    @Flag(help: "Write the seeds instead: DIR/MACHINE.iso, the image that a machine boots with.")
    var seeds = false

    @OptionGroup var identities: IdentityOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var colour: ColourOptions

    func run(_ context: Context) async throws {
        let count = try await CommandFailure.translating {
            let opened = try Unbundling.Bundle.open(trusted: bundle, context, identities: identities).bundle
            if opened.sealed != nil, opened.secretManifest == nil {
                if seeds { throw BundleError.sealed(file: bundle) }
                context.err("note: the secret part of \(bundle) is sealed, so these are the public files alone\n")
            }
            return seeds
                ? try BundleExtractor.extractSeeds(opened, machine: machine, into: FilePath(directory))
                : try BundleExtractor.extract(opened, machine: machine, into: FilePath(directory))
        }
        switch output.format {
        case .json: context.out(JSONOutput.line(["directory": .string(directory), "files": .integer(Int64(count))]))
        case .text: context.out("\(directory): \(count) files\n")
        }
    }
}
