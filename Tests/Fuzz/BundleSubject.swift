import Archive
import BundleFormat
import Carrying
import Payloads
import SystemPackage
import TestSupport
import Unbundling
import Values

extension Subject {
    /// A whole bundle. The first byte of an input says which member the rest takes the place of, with every digest above it made
    /// right; 255 is for a file as it is.
    static let bundle = Subject(
        "bundle", tokens: Subject.json.tokens.map { String(decoding: $0, as: UTF8.self) }, limit: 64 << 10,
        seeds: {
            let bundle = try SmallBundle.make()
            return bundle.layout.members.enumerated().map { [UInt8($0.offset)] + $0.element.bytes } + [
                [255] + (try bundle.layout.tar())
            ]
        }, reader: { try BundleReading() })
}

private final class BundleReading: Reading {
    private let bundle: SmallBundle
    private let file: InputFile

    init() throws {
        bundle = try SmallBundle.make()
        file = try InputFile()
    }

    func read(_ input: [UInt8]) throws -> Verdict {
        guard let number = input.first.map(Int.init) else { return .refused("") }
        let content = Array(input.dropFirst())
        do {
            let layout = bundle.layout
            try file.hold(
                number < 255 ? layout.replacing(number % layout.members.count, with: content).tar() : content)
            let opened = try Unbundling.Bundle.open(file.path)
            let verification = BundleVerifier(opened, threads: 1).run()
            if let failure = verification.failures.first { return .refused("\(failure.subject) \(failure.message)") }
            // Whatever is verified can be used.
            for machine in opened.description.machines {
                guard let image = try opened.seedImage(of: machine.name) else { continue }
                let entries = try ISOReader.entries(in: image, subject: machine.name)
                let manifest = entries.first { $0.path == MachineManifest.path }?.content
                try require(
                    try MachineManifest(parsing: manifest ?? []).machine == machine.name, "a seed is of another machine"
                )
            }
            _ = try opened.operatorFiles()
            return .accepted
        } catch let error as BundleError { return .refused(error.description) } catch let error as ArchiveError {
            return .refused(error.description)
        }
    }
}

extension Subject {
    /// A part of an export, and what is imported from one that is accepted. Inputs are as those of ``bundle``.
    static let part = Subject(
        "part", tokens: Subject.json.tokens.map { String(decoding: $0, as: UTF8.self) }, limit: 64 << 10,
        seeds: {
            let part = try PartReading.part()
            return part.members.enumerated().map { [UInt8($0.offset)] + $0.element.bytes } + [[255] + (try part.tar())]
        }, reader: { try PartReading() })
}

private final class PartReading: Reading {
    private let part: PackedLayout
    private let file: InputFile

    init() throws {
        part = try Self.part()
        file = try InputFile()
    }

    /// What the other side has.
    private static let present = Array("{}".utf8)

    /// Of the smallest bundle: what somebody lacks who has this.
    static func part() throws -> PackedLayout {
        let (scratch, bundle) = (try Scratch(inMemory: true), try SmallBundle.make().layout)
        try scratch.write("bundle.tar", bundle.tar())
        let request = ExportRequest(have: [Digest(hashing: present)])
        let exporter = try Exporter(
            Unbundling.Bundle.open(scratch.filePath("bundle.tar")), request, store: .open(scratch.filePath("store")),
            to: scratch.file("part.tar"))
        try exporter.write(threads: 1)
        let entries = try TarReader.entries(in: scratch.bytes("part.tar"), subject: "part")
        return PackedLayout(members: entries.map { ($0.path, $0.content ?? []) }, epoch: bundle.epoch)
    }

    func read(_ input: [UInt8]) throws -> Verdict {
        guard let number = input.first.map(Int.init) else { return .refused("") }
        let content = Array(input.dropFirst())
        do {
            try file.hold(number < 255 ? part.replacing(number % part.members.count, with: content).tar() : content)
            let opened = try CarriedFile.open(file.path)
            let island = try Scratch(inMemory: true)
            try island.write("store/blobs/sha256/\(Digest(hashing: Self.present).hex)", Self.present)
            let store = try PayloadStore.open(island.filePath("store"))
            let importer = Importer(store: store, directory: island.file("out"), bases: [], threads: 1)
            let outcome = try importer.run([opened])
            guard let path = outcome.path else { return .refused("something is missing") }
            let bundle = try Unbundling.Bundle.open(FilePath(path))
            try require(bundle.bundleDigest == opened.list.bundle, "another bundle than the list names came out")
            try require(BundleVerifier(bundle, threads: 1).run().failureCount == 0, "what came out is no whole bundle")
            return .accepted
        } catch let error as BundleError { return .refused(error.description) } catch let error as ArchiveError {
            return .refused(error.description)
        } catch let error as CarryingError {
            // Paths of the run's own directories are no reasons.
            return .refused(error.description.filter { !$0.isNumber })
        }
    }
}
