import Archive
import ArgumentParser
import BundleFormat
import Bundling
import Carrying
import Payloads
import Signing
import SystemPackage
import Unbundling
import Values

/// `slipway import FILE…`
struct ImportCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Check what 'slipway export' wrote, and make it a bundle and a filled store here.",
        discussion: """
            Parts may come in any order and in several calls; what is still to be brought is named, and what came is kept. An import that was interrupted is run \
            again. Where signers are named, here or with 'slipway trust add', one of them must have signed the bundle.
              slipway import /Volumes/DISK1/*.tar
            """)

    @Argument(help: "What was carried: the file, or parts of it.", completion: .file())
    var files: [String]

    @Option(help: ArgumentHelp("Where the bundle is written.", valueName: "dir"), completion: .directory)
    var out = "out"

    @Option(
        help: ArgumentHelp(
            "A bundle that is here already and holds what the export left out. May be given several times.",
            discussion: "One in the directory of --out is found.", valueName: "bundle"), completion: .bundle)
    var since: [String] = []

    @OptionGroup var trust: TrustOptions
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var colour: ColourOptions

    func run(_ context: Context) async throws {
        let store = try store.open(context)
        let opened = try await CommandFailure.translating { try await open(context) }
        let (chosen, foreign) = Importer.choose(opened.files)
        guard let first = chosen.first else {
            for problem in opened.problems { problem.print(to: context) }
            throw CommandFailure(opened.problems.first?.status ?? .input, nil)
        }
        let size = chosen.reduce(0) { $0 + $1.size }
        if output.format == .text, size > 100 << 20 {
            context.err("\(FetchProgress.size(size)) to check and to store\n")
        }
        let outcome = try await CommandFailure.translating {
            let importer = Importer(
                store: store, directory: out, bases: try bases(first.list), threads: context.processorCount)
            return try importer.run(chosen)
        }
        for problem in opened.problems { problem.print(to: context) }
        for file in foreign { other(file, than: first).print(to: context) }
        for file in outcome.damaged {
            let part = chosen.first { $0.file == file }?.number ?? 1
            let what = first.count == 1 ? "it" : "part \(part) of \(first.count)"
            CommandFailure(.input, "\(file) is damaged", help: "bring \(what) again, best from another medium").print(
                to: context)
        }
        try tell(outcome, context)
        if !(opened.problems.isEmpty && foreign.isEmpty) { throw CommandFailure(.input, nil) }
    }

    /// Opens the files; one that is not to be used does not keep the others from being used.
    private func open(_ context: Context) async throws -> (files: [CarriedFile], problems: [CommandFailure]) {
        let policy = try TrustPolicy.inForce(trust.allowedSigners, context.environment)
        var (opened, problems): ([CarriedFile], [CommandFailure]) = ([], [])
        var signers: Set<String> = []
        for path in files {
            do throws(CommandFailure) {
                let file = try await CommandFailure.translating { () throws -> CarriedFile in
                    do {
                        return try CarriedFile.open(FilePath(path)) { index, signatures in
                            guard let policy else { return }
                            let signer = try policy.signer(of: index, signatures: signatures, bundle: path)
                            if signers.insert(signer.fingerprint).inserted { trust.tell(signer, path, context) }
                        }
                    } catch let error as Errno { throw InputError.unreadable(path: path, error) }
                }
                opened.append(file)
            } catch {
                problems.append(error)
            }
        }
        return (opened, problems)
    }

    /// Those that were named, and the one that the export was made for, where an earlier import has put it.
    private func bases(_ list: PackingList) throws -> [Unbundling.Bundle] {
        var bases = try since.map { try Unbundling.Bundle.open(named: $0) }
        if let digest = list.since, !bases.contains(where: { $0.bundleDigest == digest }) {
            let names = [false, true].map {
                ImageLayout.fileName(cluster: list.cluster, digest: digest, isSealed: $0)
            }
            bases += names.compactMap { try? Unbundling.Bundle.open(FilePath(out).appending($0)) }
        }
        return bases
    }

    private func other(_ file: CarriedFile, than first: CarriedFile) -> CommandFailure {
        let difference =
            file.list.bundle == first.list.bundle
            ? "of the same bundle, which was cut in another way" : "of \(file.list.fileName)"
        return CommandFailure(
            .input, "\(file.file) is part \(file.number) of \(file.count) of another export, \(difference)",
            help: "expected parts of the export of \(first.list.fileName) that \(first.file) is of")
    }

    private func tell(_ outcome: ImportOutcome, _ context: Context) throws(CommandFailure) {
        let list = outcome.list
        if output.format == .json {
            context.out(
                JSONOutput.line([
                    "path": outcome.path.map { .string($0) } ?? .null, "bundleDigest": .string("\(list.bundle)"),
                    "parts": .integer(Int64(outcome.count)),
                    "missingParts": .array(outcome.missingParts.map { .integer(Int64($0)) }),
                    "missingBlobs": .strings(outcome.missingBlobs.map(\.digest.description)),
                    "damaged": .strings(outcome.damaged), "brought": .integer(outcome.brought),
                    "present": .integer(outcome.present),
                ]))
        }
        if let path = outcome.path {
            guard output.format == .text else { return }
            context.out(
                """
                path           \(path)
                bundle digest  \(list.bundle)
                payloads       \(FetchProgress.size(outcome.brought)) brought, \(FetchProgress.size(outcome.present)) were there

                """)
            return context.err("next: slipway up \(path)\n")
        }
        if !outcome.missingBlobs.isEmpty { lacking(outcome).print(to: context) }
        guard !outcome.missingParts.isEmpty else { throw CommandFailure(.input, nil) }
        let numbers = outcome.missingParts.map { "\($0)" }.joined(separator: ", ")
        let parts = outcome.missingParts.count == 1 ? "part \(numbers)" : "parts \(numbers)"
        throw CommandFailure(
            .input, "\(list.fileName) is not complete: bring \(parts) of \(outcome.count)",
            help: "what came is kept; then: slipway import FILE…, with what is new alone")
    }

    /// What an export left out and this computer has not.
    private func lacking(_ outcome: ImportOutcome) -> CommandFailure {
        let payloads = Set(outcome.missingBlobs.compactMap(\.payload)).sorted()
        if payloads.isEmpty, let since = outcome.list.since {
            return CommandFailure(
                .input,
                "\(outcome.list.fileName) was exported for a computer that has the bundle \(since), which is not here",
                help: "name it: --since FILE; or export without --since")
        }
        let count = outcome.missingBlobs.filter { $0.payload == nil }.count
        let what = payloads.isEmpty ? "\(count) blobs of the bundle" : payloads.joined(separator: ", ")
        return CommandFailure(
            .input, "the export left out what is not here: \(what)",
            help: "on the other side: slipway export BUNDLE OUT, without --since and --have")
    }
}
