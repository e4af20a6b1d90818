import Archive
import BundleFormat
import SystemPackage
import TestSupport
import Unbundling

extension Subject {
    /// A whole bundle. The first byte of an input says which member the rest takes the place of, with every digest above it made
    /// right; 255 is for a file as it is.
    static let bundle = Subject(
        "bundle", tokens: Subject.json.tokens.map { String(decoding: $0, as: UTF8.self) }, limit: 64 << 10,
        seeds: {
            let bundle = try SmallBundle.make()
            return bundle.members.enumerated().map { [UInt8($0.offset)] + $0.element.bytes } + [
                [255] + (try bundle.tar())
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
            try file.hold(number < 255 ? bundle.replacing(number % bundle.members.count, with: content).tar() : content)
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
