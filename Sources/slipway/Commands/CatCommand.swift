import ArgumentParser
import BundleFormat
import ClusterModel
import Diagnostics
import Foundation
import Unbundling

/// `slipway cat BUNDLE MACHINE:/path`
struct CatCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "cat", abstract: "Print one file of a bundle.",
        discussion: """
            MACHINE may be 'operator' for the files that you keep, such as operator:kubeconfig. A name alone is one of the bundle's
            documents, as 'inspect' lists them: sbom.spdx.json (SPDX 2.3), provenance.intoto.json (SLSA 1), description.json.
            """)

    @Argument(help: "The bundle.")
    var bundle: String

    @Argument(
        help: ArgumentHelp(
            "The file, such as etcd-1:/etc/etcd/etcd.conf.yml, etcd-1:user-data or sbom.spdx.json.",
            valueName: "machine:/path"))
    var file: String

    @OptionGroup var identities: IdentityOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if isDocument { return }
        guard let colon = file.firstIndex(of: ":"), colon != file.startIndex, file.index(after: colon) != file.endIndex
        else {
            throw ValidationError("'\(file)' does not name a file; expected MACHINE:/path, such as etcd-1:/etc/hosts")
        }
    }

    private var isDocument: Bool { file.hasSuffix(".json") && !file.contains(":") }

    private func showDocument(_ context: Context) async throws {
        let bytes = try await CommandFailure.translating {
            let opened = try Unbundling.Bundle.open(named: bundle)
            guard let (_, document) = opened.documents.first(where: { $0.name == file }) else {
                throw CommandFailure(
                    .input, "\(bundle) has no document '\(file)'",
                    help: "it has " + opened.documents.map(\.name).joined(separator: ", "))
            }
            return try opened.bytes(of: document)
        }
        // JSON is what a program reads, too.
        context.out(String(decoding: bytes, as: UTF8.self) + (output.format == .json ? "\n" : ""))
    }

    func run(_ context: Context) async throws {
        if isDocument { return try await showDocument(context) }
        let parts = file.split(separator: ":", maxSplits: 1).map(String.init)
        let (machine, path) = (parts[0], parts[1])
        let found = try await CommandFailure.translating {
            let opened = try Unbundling.Bundle.open(named: bundle, identities: identities)
            guard machine != KeyKind.operatorName else {
                try opened.requireOpened()
                guard let files = try opened.operatorFiles() else { throw BundleError.noSecretPart(file: bundle) }
                return try find(path, in: files, machine)
            }
            let contents = try opened.contents(of: machine)
            if !contents.isComplete, contents.files.allSatisfy({ $0.path != path }),
                opened.description.files(of: contents.machine).contains(where: { $0.path == path })
            {
                try opened.requireOpened()
                throw BundleError.notPublic(machine: machine, path: path)
            }
            return try find(path, in: contents.files, machine)
        }
        switch output.format {
        case .text: context.out(String(decoding: found.bytes, as: UTF8.self))
        case .json:
            context.out(
                JSONOutput.line([
                    "machine": .string(machine), "path": .string(found.path), "mode": .string("\(found.permissions)"),
                    "content": .string(String(decoding: found.bytes, as: UTF8.self)),
                ]))
        }
    }

    private func find(
        _ path: String, in files: [MachineContents.File], _ machine: String
    ) throws(BundleError) -> MachineContents.File {
        if let file = files.first(where: { $0.path == path }) { return file }
        throw .noFile(machine: machine, path: path, nearest: Suggestion.nearest(to: path, among: files.map(\.path)))
    }
}
