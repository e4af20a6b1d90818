public import BundleFormat
import Diagnostics
import Launching
import PKI
import Unbundling
public import Values

/// What is different between two clusters, by meaning. Nothing of a secret is in it.
public struct ClusterDifference: Sendable {
    /// One thing that is said of a cluster, a machine or a file.
    public struct Fact: Sendable, Hashable {
        public let name: String
        public let old: String?
        public let new: String?
    }

    public struct FileChange: Sendable {
        public enum Kind: String, Sendable { case added, removed, changed }

        public let path: String
        public let kind: Kind
        public let isSecret: Bool
        /// Mode, owner, and of certificates subject, names, lifetime and key.
        public let facts: [Fact]
        /// Nil for what is secret, no text, a certificate, or not in the part that can be read.
        public let diff: String?
    }

    public struct MachineChange: Sendable {
        public let name: String
        public let role: Role
        /// Of the machine itself: CPUs, memory, address.
        public let facts: [Fact]
        public let files: [FileChange]
        public let payloads: [Fact]
        /// Units that the applier restarts, in the order in which it starts them.
        public let restarts: [String]
        public let addedUnits: [String]
        public let removedUnits: [String]
        /// Whether accounts, directories or health checks are others.
        public let hasOtherSettings: Bool

        public var isEmpty: Bool {
            facts.isEmpty && files.isEmpty && payloads.isEmpty && restarts.isEmpty && addedUnits.isEmpty
                && removedUnits.isEmpty && !hasOtherSettings
        }
    }

    /// Of the cluster as a whole.
    public let facts: [Fact]
    public let added: [LaunchDefinition]
    public let removed: [LaunchDefinition]
    /// Machines of both, where something is different.
    public let machines: [MachineChange]
    /// Of the operator's files; always empty for an instance, which makes its own of them.
    public let operatorFiles: [FileChange]
    /// Whether one side has no secret part, so that keys and certificates were not compared.
    public let isPublicOnly: Bool

    public var isEmpty: Bool {
        facts.isEmpty && added.isEmpty && removed.isEmpty && machines.isEmpty && operatorFiles.isEmpty
    }
}

extension ClusterDifference {
    /// - Throws: what reading the sides throws.
    public init(from old: ClusterSide, to new: ClusterSide) throws {
        isPublicOnly = !old.isComplete || !new.isComplete
        let (before, after) = (old.plan, new.plan)
        let present = Dictionary(before.machines.map { ($0.name, $0) }) { first, _ in first }
        let kept = Set(after.machines.map(\.name))
        added = after.machines.filter { present[$0.name] == nil }
        removed = before.machines.filter { !kept.contains($0.name) }
        let (oldSeeds, newSeeds) = (old.seeds, new.seeds)
        machines = try after.machines.compactMap { machine in
            guard let was = present[machine.name] else { return nil }
            let seed = old.seed(of: machine.name, oldSeeds)
            // What has the same seed has the same files.
            if was == machine, seed != nil, seed == new.seed(of: machine.name, newSeeds) { return nil }
            let change = MachineChange(try old.machine(was), try new.machine(machine))
            return change.isEmpty ? nil : change
        }
        operatorFiles = try Self.operatorFiles(old, new)
        var facts: [Fact] = []
        func compare(_ name: String, _ old: String?, _ new: String?) {
            if old != new { facts.append(Fact(name: name, old: old, new: new)) }
        }
        compare("cluster", before.cluster, after.cluster)
        compare("architecture", before.architecture.rawValue, after.architecture.rawValue)
        compare("subnet", "\(before.subnet)", "\(after.subnet)")
        compare("gateway", "\(before.gateway)", "\(after.gateway)")
        if case .bundle(let old) = old.origin, case .bundle(let new) = new.origin {
            let (was, becomes) = (old.description, new.description)
            compare("Kubernetes", "\(was.kubernetesVersion)", "\(becomes.kubernetesVersion)")
            compare("epoch", "\(was.epoch)", "\(becomes.epoch)")
            compare("API", was.api.url, becomes.api.url)
            compare("login", was.login, becomes.login)
            compare("slipway", was.toolVersion, becomes.toolVersion)
            facts += Self.payloads(
                was.payloads.map { ($0.name, "\($0.release), \($0.digest?.short ?? "not pinned")") },
                becomes.payloads.map { ($0.name, "\($0.release), \($0.digest?.short ?? "not pinned")") })
        }
        self.facts = facts
    }

    private static func operatorFiles(_ old: ClusterSide, _ new: ClusterSide) throws -> [FileChange] {
        guard case .bundle(let old) = old.origin, case .bundle(let new) = new.origin else { return [] }
        func files(_ bundle: Unbundling.Bundle) throws -> [ClusterSide.File]? {
            let described = Dictionary(bundle.description.operatorFiles.map { ($0.path, $0) }) { first, _ in first }
            return try bundle.operatorFiles()?.map { file in
                ClusterSide.File(
                    path: file.path, permissions: file.permissions, owner: "", group: "",
                    isSecret: described[file.path]?.exposure ?? .secret == .secret, bytes: file.bytes)
            }
        }
        guard let before = try files(old), let after = try files(new) else { return [] }
        return FileChange.all(before, after)
    }

    /// Payloads by name, each with what is said of it.
    fileprivate static func payloads(_ old: [(String, String)], _ new: [(String, String)]) -> [Fact] {
        let before = Dictionary(old) { first, _ in first }
        let after = Dictionary(new) { first, _ in first }
        return Set(before.keys).union(after.keys).sorted().compactMap { name in
            before[name] == after[name] ? nil : Fact(name: "payload \(name)", old: before[name], new: after[name])
        }
    }
}

extension Values.Digest {
    /// What tells two digests apart in a list.
    fileprivate var short: String { "sha256:\(hex.prefix(12))" }
}

extension ClusterDifference.MachineChange {
    init(_ old: ClusterSide.Machine, _ new: ClusterSide.Machine) {
        typealias Fact = ClusterDifference.Fact
        name = new.definition.name
        role = new.definition.role
        var facts: [Fact] = []
        func compare<Value: Equatable>(_ name: String, _ value: (LaunchDefinition) -> Value) {
            let (was, becomes) = (value(old.definition), value(new.definition))
            if was != becomes { facts.append(Fact(name: name, old: "\(was)", new: "\(becomes)")) }
        }
        compare("role", \.role.rawValue)
        compare("address", \.address)
        compare("MAC", \.mac)
        compare("UUID", \.uuid)
        compare("CPUs", \.cpus)
        compare("memory", \.memory)
        compare("disk", \.disk)
        compare("image", \.image)
        self.facts = facts
        files = ClusterDifference.FileChange.all(old.files, new.files)
        // One archive stands there once for each member that is placed.
        func texts(_ payloads: [MachinePayload]) -> [(String, String)] {
            payloads.map { ($0.name, $0.digest?.short ?? "not pinned") }
        }
        payloads = ClusterDifference.payloads(texts(old.payloads), texts(new.payloads))
        let (before, after) = (Set(old.units.map(\.name)), Set(new.units.map(\.name)))
        addedUnits = new.units.map(\.name).filter { !before.contains($0) }
        removedUnits = old.units.map(\.name).filter { !after.contains($0) }
        let changed = Set(old.payloads).symmetricDifference(new.payloads)
        let causes = Set(files.map(\.path)).union(changed.map(\.name)).union(changed.compactMap(\.path))
        restarts = new.units.filter { before.contains($0.name) && $0.isRestarted(by: causes) }.map(\.name)
        hasOtherSettings = old.rest != new.rest
    }
}

extension ClusterDifference.FileChange {
    /// The most lines of one file's difference.
    private static let length = 200

    /// In the order of the new files; removed ones come last.
    static func all(_ old: [ClusterSide.File], _ new: [ClusterSide.File]) -> [Self] {
        let before = Dictionary(old.map { ($0.path, $0) }) { first, _ in first }
        let after = Set(new.map(\.path))
        return new.compactMap { file in
            guard let was = before[file.path] else { return Self(nil, file) }
            return Self(was, file)
        } + old.filter { !after.contains($0.path) }.compactMap { Self($0, nil) }
    }

    /// Nil when nothing is different, as far as both can be read.
    private init?(_ old: ClusterSide.File?, _ new: ClusterSide.File?) {
        guard let file = new ?? old else { return nil }
        path = file.path
        isSecret = old?.isSecret == true || new?.isSecret == true
        var facts: [ClusterDifference.Fact] = []
        if let old, let new {
            kind = .changed
            if old.permissions != new.permissions {
                facts.append(.init(name: "mode", old: "\(old.permissions)", new: "\(new.permissions)"))
            }
            let owners = ("\(old.owner):\(old.group)", "\(new.owner):\(new.group)")
            if owners.0 != owners.1 { facts.append(.init(name: "owner", old: owners.0, new: owners.1)) }
        } else {
            kind = new == nil ? .removed : .added
        }
        let isOther = old != nil && new != nil && old?.bytes != nil && new?.bytes != nil && old?.bytes != new?.bytes
        if kind == .changed, !isOther, facts.isEmpty { return nil }
        let certificates = (
            CertificateSummary.all(in: old?.bytes ?? []), CertificateSummary.all(in: new?.bytes ?? [])
        )
        if isOther { facts += Self.certificates(certificates.0, certificates.1) }
        self.facts = facts
        let isText = isOther && !isSecret && certificates.0.isEmpty && certificates.1.isEmpty
        diff = isText ? TextDiff(old?.bytes ?? [], new?.bytes ?? [], length: Self.length)?.text : nil
    }

    /// What is different in the certificates of one file, which stand in the same order.
    private static func certificates(
        _ old: [CertificateSummary], _ new: [CertificateSummary]
    ) -> [ClusterDifference.Fact] {
        var facts: [ClusterDifference.Fact] = []
        for index in 0..<max(old.count, new.count) {
            let was = old.indices.contains(index) ? old[index] : nil
            let becomes = new.indices.contains(index) ? new[index] : nil
            guard was != becomes else { continue }
            let subject = becomes?.subject ?? was?.subject ?? ""
            func compare(_ name: String, _ value: (CertificateSummary) -> String) {
                let (before, after) = (was.map(value), becomes.map(value))
                if before != after { facts.append(.init(name: "\(subject): \(name)", old: before, new: after)) }
            }
            let count = facts.count
            compare("subject", \.subject)
            compare("issuer", \.issuer)
            compare("names") { $0.names.joined(separator: " ") }
            compare("valid") { "\($0.notBefore.day) to \($0.notAfter.day)" }
            compare("key") { String($0.key.prefix(16)) }
            // The serial number, or what nobody reads.
            if facts.count == count { compare("certificate") { String($0.fingerprint.prefix(16)) } }
        }
        return facts
    }
}

extension Timestamp {
    /// `2026-11-22`
    public var day: Substring { description.prefix { $0 != "T" } }
}
