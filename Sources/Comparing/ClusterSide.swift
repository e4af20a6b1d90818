import Archive
public import BundleFormat
import HostSystem
public import Launching
public import Unbundling
public import Values

/// A cluster as a bundle or an instance has it: what can be compared with another one, and asked about.
public struct ClusterSide: Sendable {
    /// Where it comes from.
    public enum Origin: Sendable {
        case bundle(Unbundling.Bundle)
        case instance(Instance, Media)
    }

    /// A file of one machine.
    public struct File: Sendable {
        /// As in a bundle's description: absolute, or a bare name for cloud-init's documents.
        public let path: String
        public let permissions: Permissions
        public let owner: String
        public let group: String
        /// Whether nothing of its content may be shown.
        public let isSecret: Bool
        /// Nil for what is in a part that cannot be read.
        public let bytes: [UInt8]?
    }

    /// What one machine has.
    public struct Machine: Sendable {
        public let definition: LaunchDefinition
        public let files: [File]
        public let payloads: [MachinePayload]
        public let units: [MachineUnit]
        /// Accounts, directories and health checks.
        let rest: [JSONValue]
    }

    public let origin: Origin

    public init(_ origin: Origin) { self.origin = origin }

    public var plan: LaunchPlan {
        switch origin {
        case .bundle(let bundle): bundle.launchPlan
        case .instance(let instance, _): instance.plan
        }
    }

    /// The bundle, or the one that the instance is made from.
    public var bundleDigest: Values.Digest {
        switch origin {
        case .bundle(let bundle): bundle.bundleDigest
        case .instance(let instance, _): instance.record.bundleDigest
        }
    }

    /// Whether files that follow from the secrets file can be read.
    public var isComplete: Bool {
        if case .bundle(let bundle) = origin { return bundle.secretManifest != nil }
        return true
    }

    /// What a machine's seed is made from; two with the same are equal. Nil where that is not known.
    func seed(of machine: String, _ seeds: [String: Values.Digest]) -> Values.Digest? {
        switch origin {
        case .bundle: seeds[machine]
        case .instance(let instance, _): instance.record.machines[machine]?.seed
        }
    }

    var seeds: [String: Values.Digest] {
        if case .bundle(let bundle) = origin { return bundle.seeds }
        return [:]
    }

    /// The operator's files that can be read, by path.
    func operatorFiles() throws -> [(path: String, bytes: [UInt8])] {
        switch origin {
        case .bundle(let bundle): return try bundle.operatorFiles()?.map { ($0.path, $0.bytes) } ?? []
        case .instance(let instance, _):
            let directory = instance.paths.operatorFiles
            return try Files<LaunchError>.names(in: directory).compactMap { name in
                try Files<LaunchError>.read("\(directory)/\(name)").map { (name, $0) }
            }
        }
    }

    /// - Throws: ``BundleError``, ``LaunchError``, ``FormatError`` or ``ArchiveError``.
    public func machine(_ definition: LaunchDefinition) throws -> Machine {
        switch origin {
        case .bundle(let bundle): try Self.machine(definition, in: bundle)
        case .instance(let instance, let media): try Self.machine(definition, in: instance, media)
        }
    }

    private static func machine(_ definition: LaunchDefinition, in bundle: Unbundling.Bundle) throws -> Machine {
        let contents = try bundle.contents(of: definition.name)
        let bytes = Dictionary(contents.files.map { ($0.path, $0.bytes) }) { first, _ in first }
        let description = bundle.description
        let configuration = description.configuration(of: contents.machine)
        let files = description.files(of: contents.machine).map { file in
            File(
                path: file.path, permissions: file.permissions, owner: file.owner, group: file.group,
                isSecret: file.exposure == .secret, bytes: bytes[file.path])
        }
        return Machine(
            definition: definition, files: files, payloads: configuration.payloads, units: configuration.units,
            rest: rest(description.manifest(of: contents.machine) { ($0.digest ?? .none, $0.size ?? 0) }))
    }

    /// From the seed that is in place: what the machine was told, or will find when it starts.
    private static func machine(
        _ definition: LaunchDefinition, in instance: Instance, _ media: Media
    ) throws -> Machine {
        let read = try SeedReader(definition.name, instance, media)
        guard let document = try read.file(MachineManifest.path) else {
            throw LaunchError.damaged(path: read.place, reason: "it has no \(MachineManifest.path)")
        }
        let manifest = try MachineManifest(parsing: document)
        var files: [File] = []
        for path in ["user-data", "meta-data", "network-config"] {
            guard let bytes = try read.file(path) else { continue }
            files.append(
                File(path: path, permissions: 0o644, owner: "root", group: "root", isSecret: false, bytes: bytes))
        }
        for file in manifest.files {
            files.append(
                File(
                    path: file.path, permissions: file.mode, owner: file.owner, group: file.group,
                    isSecret: file.isSecret, bytes: try read.file(file.source)))
        }
        return Machine(
            definition: definition, files: files, payloads: manifest.payloads, units: manifest.units,
            rest: rest(manifest))
    }

    private static func rest(_ manifest: MachineManifest) -> [JSONValue] {
        guard case .object(let object) = manifest.json else { return [] }
        return ["groups", "users", "directories", "checks"].map { object[$0] ?? .null }
    }
}

/// The files of a machine's seed in an instance, whatever form it has.
private struct SeedReader {
    let place: String
    private let entries: [String: [UInt8]]?

    init(_ machine: String, _ instance: Instance, _ media: Media) throws {
        switch media {
        case .directories:
            place = instance.paths.seed(of: machine)
            entries = nil
        case .images:
            place = instance.paths.seedImage(of: machine)
            guard let image = try Files<LaunchError>.read(place) else {
                throw LaunchError.damaged(path: place, reason: "it is not there; 'slipway up' places it again")
            }
            let read = try ISOReader.entries(in: image, subject: place)
            entries = Dictionary(read.compactMap { entry in entry.content.map { (entry.path, $0) } }) { first, _ in
                first
            }
        }
    }

    func file(_ path: String) throws(LaunchError) -> [UInt8]? {
        if let entries { return entries[path] }
        return try Files<LaunchError>.read("\(place)/\(path)")
    }
}
