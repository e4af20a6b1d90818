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

    @Argument(help: "The bundle.", completion: .bundle)
    var bundle: String

    @Argument(
        help: ArgumentHelp(
            "The file, such as etcd-1:/etc/etcd/etcd.conf.yml, etcd-1:user-data or sbom.spdx.json.",
            valueName: "machine:/path"))
    var file: String

    @OptionGroup var identities: IdentityOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var colour: ColourOptions

    func validate() throws {
        if !isDocument { _ = try FileReference(file) }
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
        let reference = try FileReference(file)
        let found = try await CommandFailure.translating {
            try Unbundling.Bundle.open(named: bundle, identities: identities).contents(of: reference)
        }
        switch output.format {
        case .text: context.out(String(decoding: found.bytes, as: UTF8.self))
        case .json:
            context.out(
                JSONOutput.line([
                    "machine": .string(reference.machine), "path": .string(found.path),
                    "mode": .string("\(found.permissions)"),
                    "content": .string(String(decoding: found.bytes, as: UTF8.self)),
                ]))
        }
    }
}

/// A file of a bundle as people name it: `etcd-1:/etc/hosts`, `operator:kubeconfig`, `etcd-1:user-data`.
struct FileReference {
    let machine: String
    let path: String

    var isOperators: Bool { machine == KeyKind.operatorName }

    init(_ text: String) throws {
        guard let colon = text.firstIndex(of: ":"), colon != text.startIndex, text.index(after: colon) != text.endIndex
        else {
            throw ValidationError("'\(text)' does not name a file; expected MACHINE:/path, such as etcd-1:/etc/hosts")
        }
        machine = String(text[..<colon])
        path = String(text[text.index(after: colon)...])
    }

    init(machine: String, path: String) { (self.machine, self.path) = (machine, path) }

    /// - Throws: ``BundleError/noFile(machine:path:nearest:)`` when it is not among them.
    func find<File>(in files: [File], path place: (File) -> String) throws(BundleError) -> File {
        if let file = files.first(where: { place($0) == path }) { return file }
        throw .noFile(
            machine: machine, path: path, nearest: Suggestion.nearest(to: path, among: files.map(place)))
    }
}

extension Unbundling.Bundle {
    /// - Throws: ``BundleError`` also when the file is in a part that cannot be read.
    func contents(of file: FileReference) throws -> MachineContents.File {
        guard !file.isOperators else {
            try requireOpened()
            guard let files = try operatorFiles() else { throw BundleError.noSecretPart(file: self.file) }
            return try file.find(in: files, path: \.path)
        }
        let contents = try contents(of: file.machine)
        if !contents.isComplete, contents.files.allSatisfy({ $0.path != file.path }),
            description.files(of: contents.machine).contains(where: { $0.path == file.path })
        {
            try requireOpened()
            throw BundleError.notPublic(machine: file.machine, path: file.path)
        }
        return try file.find(in: contents.files, path: \.path)
    }
}
