import ArgumentParser
import BundleFormat
import Bundling
import Foundation
import Payloads
import SystemPackage
import Values

/// `slipway store`
struct StoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store", abstract: "Manage the store, where payloads are kept.",
        subcommands: [List.self, Prune.self, Verify.self])

    private static func blobs(_ count: Int) -> String { count == 1 ? "1 blob" : "\(count) blobs" }

    /// `slipway store list [SPEC…]`
    struct List: ContextCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List what the store holds, and what it lacks for these topologies.")

        @Argument(help: "Topologies, by whose lock files blobs have names.", completion: .topology)
        var specs: [String] = []

        @Flag(help: "Print every blob's digest instead, one a line: what 'slipway export --have' takes.")
        var digests = false

        @OptionGroup var store: StoreOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var colour: ColourOptions

        func run(_ context: Context) async throws {
            let locks = try specs.map { try LockInput.read(for: $0, context) }
            let store = try store.open(context)
            try await CommandFailure.translating {
                let blobs = try store.contents()
                if digests {
                    let all = blobs.map(\.digest.description)
                    let line = JSONOutput.line(["digests": .strings(all)])
                    return context.out(output.format == .json ? line : all.map { $0 + "\n" }.joined())
                }
                let unfinished = try store.unfinished()
                let payloads = locks.flatMap(\.payloads)
                let rows = payloads.map { payload in (payload, FetchNeed([payload], in: store)) }
                let size = blobs.reduce(0) { $0 + $1.size }
                switch output.format {
                case .json:
                    context.out(
                        JSONOutput.line([
                            "path": .string(store.root.string), "blobs": .integer(Int64(blobs.count)),
                            "size": .integer(size),
                            "unfinished": .integer(unfinished.size),
                            "payloads": .array(
                                rows.map { payload, need in
                                    [
                                        "name": .string(payload.name), "digest": .string(payload.digest.description),
                                        "size": .integer(payload.size), "missing": .integer(need.missing),
                                    ]
                                }),
                        ]))
                case .text:
                    let width = payloads.map(\.name.count).max() ?? 0
                    for (payload, need) in rows {
                        let name = payload.name.padding(toLength: width, withPad: " ", startingAt: 0)
                        let state = need.missing == 0 ? "here" : "\(FetchProgress.size(need.missing)) missing"
                        context.out("\(name)  \(FetchProgress.size(payload.size))  \(state)\n")
                    }
                    context.out(
                        "\(store.root): \(StoreCommand.blobs(blobs.count)), \(FetchProgress.size(size)); half fetched: "
                            + "\(FetchProgress.size(unfinished.size))\n")
                }
            }
        }
    }

    /// `slipway store prune SPEC…`
    struct Prune: ContextCommand {
        static let configuration = CommandConfiguration(
            commandName: "prune", abstract: "Delete what no lock file of these topologies names.",
            discussion: "What is removed can be fetched again as long as upstream has it.")

        @Argument(help: "Topologies whose payloads stay.", completion: .topology)
        var specs: [String] = []

        @Flag(help: "Remove everything; no topology is named then.")
        var all = false

        @Flag(help: "Say what would go, and remove nothing.")
        var dryRun = false

        @OptionGroup var store: StoreOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var colour: ColourOptions

        func validate() throws {
            if specs.isEmpty != all { throw ValidationError("name the topologies whose payloads stay, or --all alone") }
        }

        func run(_ context: Context) async throws {
            let locks = try specs.map { try LockInput.read(for: $0, context) }
            let store = try store.open(context)
            try await CommandFailure.translating {
                let gone = try store.prune(keeping: locks, isDry: dryRun)
                let size = gone.blobs.reduce(0) { $0 + $1.size }
                switch output.format {
                case .json:
                    context.out(
                        JSONOutput.line([
                            "removed": .strings(gone.blobs.map(\.digest.description)), "size": .integer(size),
                            "unfinished": .integer(gone.unfinished), "dryRun": .bool(dryRun),
                        ]))
                case .text:
                    context.out(
                        "\(store.root): \(StoreCommand.blobs(gone.blobs.count)), \(FetchProgress.size(size + gone.unfinished)) "
                            + "\(dryRun ? "would go" : "removed")\n")
                }
            }
        }
    }

    /// `slipway store verify`
    struct Verify: ContextCommand {
        static let configuration = CommandConfiguration(
            commandName: "verify", abstract: "Read every blob of the store again and compare it with its digest.")

        @Flag(help: "Remove damaged ones, so that they are fetched again.")
        var remove = false

        @OptionGroup var store: StoreOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var colour: ColourOptions

        func run(_ context: Context) async throws {
            let store = try store.open(context)
            let damaged = try await CommandFailure.translating {
                let damaged = try await store.verify(removing: remove, jobs: min(context.processorCount, 4))
                let count = try store.contents().count + (remove ? damaged.count : 0)
                switch output.format {
                case .json:
                    context.out(
                        JSONOutput.line([
                            "path": .string(store.root.string), "blobs": .integer(Int64(count)),
                            "damaged": .strings(damaged.map(\.digest.description)),
                        ]))
                case .text:
                    for blob in damaged {
                        context.err(
                            "error: \(store.root)/\(blob.digest.blobPath) is damaged\(remove ? ", and removed" : "")\n")
                    }
                    context.out("\(store.root): \(StoreCommand.blobs(count)), \(damaged.count) damaged\n")
                }
                return damaged
            }
            if !damaged.isEmpty { throw CommandFailure(.input, nil) }
        }
    }
}
