import ArgumentParser
import BundleFormat
import Carrying
import Foundation
import Payloads
import Signing
import SystemPackage
import Unbundling
import Values

/// `slipway export BUNDLE OUT`
struct ExportCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write a bundle with its payloads for a computer without a network.",
        discussion: """
            One file holds everything, and is a bundle itself. --since and --have leave out what the other side has; --split makes parts, each checked by itself. \
            The digests are the same either way, and the signatures go along.
              slipway export out/ha-1234.tar /Volumes/DISK/ha.tar --split 4GiB
              slipway export out/ha-5678.tar /Volumes/DISK/ --since out/ha-1234.tar
            """)

    @Argument(help: "The bundle; payloads that it does not hold are taken from the store.", completion: .bundle)
    var bundle: String

    @Argument(
        help: "The file to write, or a directory that is there. Parts are named OUT.1-of-5.tar and so on.",
        completion: .file())
    var out: String

    @Option(
        help: ArgumentHelp(
            "Leave out what this bundle has, and its payloads: the other side imported it.", valueName: "bundle"),
        completion: .bundle)
    var since: String?

    @Option(
        help: ArgumentHelp(
            "Leave out these blobs: what 'slipway store list --digests' printed on the other side.", valueName: "file"),
        completion: .file())
    var have: String?

    @Option(
        help: ArgumentHelp(
            "Cut it into files smaller than this, such as 4GiB for FAT32 or 23GiB for a disc.", valueName: "size"))
    var split: String?

    @Flag(help: "Say which files of which size would be written, and write nothing.")
    var dryRun = false

    @OptionGroup var trust: TrustOptions
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var colour: ColourOptions

    func validate() throws {
        if let split, ByteSize(split) == nil {
            throw ValidationError("--split takes a size such as 700MiB or 4GiB, not '\(split)'")
        }
    }

    func run(_ context: Context) async throws {
        let store = try store.open(context)
        try await CommandFailure.translating {
            let (opened, _) = try Unbundling.Bundle.open(
                trusted: bundle, context, allowedSigners: trust.allowedSigners)
            // Nobody should carry what is damaged.
            guard BundleVerifier(opened, threads: context.processorCount).run().failureCount == 0 else {
                throw CommandFailure(
                    .input, "\(bundle) is damaged and was not exported", help: "slipway verify \(bundle) lists why")
            }
            let request = ExportRequest(
                since: try since.map { try Unbundling.Bundle.open(named: $0) },
                have: try have.map { path throws(CarryingError) in try DigestList.read(path) } ?? [],
                partSize: split.flatMap(ByteSize.init).map { Int64($0.mebibytes) << 20 },
                signatures: try SignatureFile(beside: FilePath(bundle)).read())
            let exporter = try Exporter(opened, request, store: store, to: target(opened))
            let unpinned = opened.description.payloads.filter { $0.digest == nil }.map(\.name)
            if !unpinned.isEmpty {
                context.err(
                    "note: no lock file pinned \(unpinned.count > 3 ? "\(unpinned.count) payloads" : unpinned.joined(separator: ", ")), "
                        + "so they cannot be carried; machines will wait for them\n")
            }
            if !dryRun {
                try exporter.checkRoom()
                let total = exporter.files.reduce(0) { $0 + $1.size }
                if output.format == .text, exporter.files.count > 1 || total > 100 << 20 {
                    context.err("\(FetchProgress.size(total)) to write, in \(exporter.files.count) file(s)\n")
                }
                try exporter.write(threads: context.processorCount)
            }
            report(exporter, opened, context)
        }
    }

    private func target(_ opened: Unbundling.Bundle) -> String {
        var isDirectory: ObjCBool = false
        guard unsafe FileManager.default.fileExists(atPath: out, isDirectory: &isDirectory), isDirectory.boolValue
        else {
            return out
        }
        let stem = ImageLayout.fileName(
            cluster: opened.description.name, digest: opened.bundleDigest, isSealed: opened.sealed != nil
        ).dropLast(4)
        return FilePath(out).appending("\(stem)-\(since == nil && have == nil ? "full" : "delta").tar").string
    }

    private func report(_ exporter: Exporter, _ opened: Unbundling.Bundle, _ context: Context) {
        let left = exporter.left
        switch output.format {
        case .json:
            context.out(
                JSONOutput.line([
                    "files": .array(exporter.files.map { ["path": .string($0.path), "size": .integer($0.size)] }),
                    "bundleDigest": .string("\(opened.bundleDigest)"), "payloadSize": .integer(exporter.payloadSize),
                    "leftOut": .integer(Int64(left.count)), "leftOutSize": .integer(left.size),
                    "dryRun": .bool(dryRun),
                ]))
        case .text:
            let width = exporter.files.map(\.path.count).max() ?? 0
            for file in exporter.files {
                let path = file.path.padding(toLength: width, withPad: " ", startingAt: 0)
                context.out("\(path)  \(FetchProgress.size(file.size))\n")
            }
            context.out("bundle digest  \(opened.bundleDigest)\n")
            if left.count > 0 {
                context.out(
                    "left out: \(left.count) blobs, \(FetchProgress.size(left.size)), which the other side has\n")
            }
            if dryRun { return }
            let name =
                exporter.files.count == 1 ? exporter.files.first?.path ?? out : "all \(exporter.files.count) files"
            context.err("next: carry \(name) over, and there: slipway import FILE…\n")
        }
    }
}
