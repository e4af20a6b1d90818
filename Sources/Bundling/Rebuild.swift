import Archive
import Artefacts
import BuildPlan
import BundleFormat
import ClusterModel
import Diagnostics
public import Unbundling
import Values

/// A bundle beside what is built again from the same topology, templates, lock and secrets: equal, or where they first differ.
/// Nothing is written.
public struct Rebuild: Sendable {
    /// The first difference, in the order in which a bundle is made.
    public struct Difference: Sendable, Hashable {
        /// `worker-1`, or nil for a document of the bundle.
        public let machine: String?
        /// A file of that machine, or the document's name.
        public let path: String
        /// What is different, as a sentence.
        public let reason: String
        /// A unified diff, from the bundle to what was built; nil where there is no text that may be shown.
        public let diff: String?

        /// As `slipway cat` takes it.
        public var subject: String { machine.map { "\($0):\(path)" } ?? path }
    }

    private let writer: BundleWriter
    private let bundle: Unbundling.Bundle
    /// Whether the secret part is compared; without the secrets file it cannot be.
    public let includesSecrets: Bool

    public init(_ writer: BundleWriter, of bundle: Unbundling.Bundle, includesSecrets: Bool) {
        self.writer = writer
        self.bundle = bundle
        self.includesSecrets = includesSecrets && bundle.secretManifest != nil
    }

    /// - Throws: what rendering and what reading the bundle throws.
    public func firstDifference(threads: Int) async throws -> Difference? {
        if let difference = early() { return difference }
        var machines = RenderedMachines()
        for try await (blobs, artefacts) in writer.render(threads: threads) {
            if let difference = try compare(artefacts, blobs) { return difference }
            machines.append(blobs)
        }
        if includesSecrets, let difference = try compareOperatorFiles() { return difference }
        let documents = try writer.documents(machines)
        let description = documents.layout.description
        if description != bundle.description {
            return document("description.json", bundle.description.json, description.json)
        }
        guard documents.publicPart.descriptor.digest == bundle.publicDigest else {
            return Difference(
                machine: nil, path: "the public manifest",
                reason: "its digest is another, and nothing that it names is",
                diff: nil)
        }
        guard includesSecrets, documents.index.descriptor.digest != bundle.bundleDigest else { return nil }
        return Difference(
            machine: nil, path: "the secret manifest", reason: "its digest is another, and nothing that it names is",
            diff: nil)
    }

    /// What would make every file another, and be hard to see in any.
    private func early() -> Difference? {
        let (plan, found) = (writer.plan, bundle.description)
        func differs(_ subject: String, _ old: String, _ new: String, _ hint: String = "") -> Difference? {
            guard old != new else { return nil }
            return Difference(
                machine: nil, path: "description.json",
                reason: "the \(subject) is \(old) in the bundle, and \(new) in what was built\(hint)", diff: nil)
        }
        return differs("cluster", found.name, plan.cluster.name)
            ?? differs(
                "epoch", "\(found.epoch)", "\(plan.cluster.epoch)",
                ": build with SOURCE_DATE_EPOCH=\(found.epoch.secondsSince1970) if it was made so")
            ?? differs("version of slipway", found.toolVersion, Release.version)
            ?? differs(
                "list of machines", found.machines.map(\.name).joined(separator: ", "),
                plan.machines.map(\.machine.name).joined(separator: ", "))
    }

    private func compare(_ artefacts: MachineArtefacts, _ blobs: MachineBlobs) throws -> Difference? {
        let name = artefacts.plan.machine.name
        let contents = try bundle.contents(of: name)
        let found = Dictionary(contents.files.map { ($0.path, $0) }) { first, _ in first }
        let described = bundle.description.files(of: contents.machine)
        let rendered = artefacts.seedDocuments + artefacts.files
        let paths = Set(rendered.map(\.plan.path))
        if let stranger = described.first(where: { !paths.contains($0.path) }) {
            return Difference(machine: name, path: stranger.path, reason: "only the bundle has it", diff: nil)
        }
        let known = Dictionary(described.map { ($0.path, $0) }) { first, _ in first }
        for (file, new) in zip(rendered, blobs.files) {
            guard let old = known[file.plan.path] else {
                return Difference(machine: name, path: new.path, reason: "the bundle does not have it", diff: nil)
            }
            if old.attributes != new.attributes {
                return Difference(
                    machine: name, path: new.path,
                    reason: "it is \(old.attributes) in the bundle, and \(new.attributes) in what was built", diff: nil)
            }
            guard new.exposure == .open || includesSecrets, let bytes = found[new.path]?.bytes, bytes != file.bytes
            else { continue }
            return difference(name, new.path, new.exposure, bytes, file.bytes)
        }
        let configuration = bundle.description.configuration(of: contents.machine)
        guard configuration != blobs.configuration else { return nil }
        return document(
            MachineManifest.documentName, configuration.json, blobs.configuration.json, machine: name)
    }

    private func compareOperatorFiles() throws -> Difference? {
        let found = Dictionary(try bundle.operatorFiles()?.map { ($0.path, $0) } ?? []) { first, _ in first }
        for file in try writer.renderer.renderOperatorFiles(from: writer.authorities) {
            let path = file.plan.path
            guard let old = found[path] else {
                return Difference(machine: "operator", path: path, reason: "the bundle does not have it", diff: nil)
            }
            if old.bytes != file.bytes {
                return difference("operator", path, file.plan.content.exposure, old.bytes, file.bytes)
            }
        }
        return nil
    }

    private func difference(
        _ machine: String, _ path: String, _ exposure: Exposure, _ old: [UInt8], _ new: [UInt8]
    ) -> Difference {
        let digests = "\(Values.Digest(hashing: old)) in the bundle, \(Values.Digest(hashing: new)) in what was built"
        return Difference(
            machine: machine, path: path,
            reason: exposure == .secret ? "\(digests); it is secret, and not shown" : digests,
            diff: exposure == .secret ? nil : TextDiff(old, new)?.text)
    }

    private func document(
        _ name: String, _ old: JSONValue, _ new: JSONValue, machine: String? = nil
    ) -> Difference {
        Difference(
            machine: machine, path: name, reason: "it says something else",
            diff: TextDiff(old.lines(), new.lines()).text)
    }
}

extension DescribedFile {
    /// What it is besides its content.
    fileprivate var attributes: String { "\(permissions) \(owner):\(group), \(exposure.rawValue)" }
}

extension JSONValue {
    /// One line for each value, with the way to it: `payloads.3.digest = …`.
    fileprivate func lines(_ path: String = "") -> [String] {
        func inner(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
        switch self {
        case .object(let object): return object.members.flatMap { $0.value.lines(inner($0.key)) }
        case .array(let values): return values.enumerated().flatMap { $1.lines(inner("\($0)")) }
        case .string(let text): return ["\(path) = \(text)"]
        case .integer(let number): return ["\(path) = \(number)"]
        case .bool(let flag): return ["\(path) = \(flag)"]
        case .null: return ["\(path) = null"]
        }
    }
}
