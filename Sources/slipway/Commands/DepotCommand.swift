import ArgumentParser
import BundleFormat
import ClusterModel
import Payloads
import Supplying
import SystemPackage
import Unbundling
import Values

/// `slipway depot BUNDLE OUT.iso`
struct DepotCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "depot", abstract: "Assemble the read-only image with the payloads that all machines share.",
        discussion: """
            Holds no secret. The bytes depend on the bundle alone. Archives are unpacked: only the files that machines place are in it.
            'slipway up' does this by itself.
            """)

    @Argument(help: "The bundle; payloads that it holds itself are taken from it.", completion: .bundle)
    var bundle: String

    @Argument(help: "The image to write, or with --directory the directory.", completion: .file())
    var out: String

    @Flag(
        help:
            "Write a directory instead of an image, linked to the store where possible. Give it to machines read-only.")
    var directory = false

    @Flag(help: "Leave out payloads that are not there; machines wait for them.")
    var partial = false

    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var colour: ColourOptions

    func run(_ context: Context) async throws {
        let store = try store.open(context)
        let (contents, size) = try await CommandFailure.translating { () async throws -> (DepotContents, Int64?) in
            let opened = try Unbundling.Bundle.open(trusted: bundle, context).bundle
            let contents = try await DepotSource.collect(opened, store, partial: partial)
            guard !contents.manifest.payloads.isEmpty else {
                throw CommandFailure(
                    .input, "there is nothing to put into a depot: \(missing(contents, opened))",
                    help: "slipway lock SPEC, slipway fetch SPEC, and build the bundle again")
            }
            guard directory else {
                return (contents, try DepotImage.write(contents, epoch: epoch(of: opened), to: FilePath(out)))
            }
            try DepotDirectory.write(contents, to: FilePath(out))
            return (contents, nil)
        }
        report(contents, size, context)
    }

    /// The bundle's epoch in seconds since 1970, the time of every file in the image.
    private func epoch(of bundle: Unbundling.Bundle) throws -> Int64 {
        bundle.description.epoch.secondsSince1970
    }

    private func missing(_ contents: DepotContents, _ bundle: Unbundling.Bundle) -> String {
        bundle.description.payloads.contains { $0.digest != nil }
            ? "none of the payloads is in the bundle or in the store (\(contents.absent.joined(separator: ", ")))"
            : "the bundle was built without a lock file, which pins the payloads"
    }

    private func report(_ contents: DepotContents, _ size: Int64?, _ context: Context) {
        switch output.format {
        case .json:
            var object = JSONObject([
                ("path", .string(out)), ("payloads", .integer(Int64(contents.manifest.payloads.count))),
                ("files", .integer(Int64(contents.files.count))), ("absent", .strings(contents.absent)),
            ])
            object["size"] = size.map { .integer($0) }
            context.out(JSONOutput.line(.object(object)))
        case .text:
            let amount = size.map { ", " + FetchProgress.size($0) } ?? ""
            context.out(
                "\(out): \(contents.manifest.payloads.count) payloads, \(contents.files.count) files\(amount)\n")
            if !contents.absent.isEmpty {
                context.err(
                    "note: not in the depot, machines wait for them: \(contents.absent.joined(separator: ", "))\n")
            }
        }
    }
}
