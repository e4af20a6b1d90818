public import BundleFormat
import Foundation
import HostSystem
public import Values

/// How an instance that is sealed off stands.
public struct SealedOff: Hashable, Sendable {
    /// Whether somebody counts at this moment.
    public let isWatched: Bool
    /// Nil when nobody ever did.
    public let log: AttemptLog?
    private let name: String

    public init(isWatched: Bool, log: AttemptLog?, name: String) {
        self.isWatched = isWatched
        self.log = log
        self.name = name
    }

    public static func look(_ instance: Instance) throws(LaunchError) -> SealedOff {
        SealedOff(
            isWatched: AttemptRecorder.isAtWork(instance.paths), log: try AttemptLog.read(instance.paths),
            name: instance.paths.name)
    }

    /// What keeps the count from being a proof, each as a sentence.
    public var doubts: [String] {
        guard let log else { return ["nothing was counted"] }
        var doubts = log.gaps.map { "nobody counted from \($0.from) to \($0.to)" }
        if log.lost > 0 { doubts.append("\(log.lost) packets came too fast to be looked at") }
        if !isWatched { doubts.append("nobody counts since \(log.until); begin again with: slipway start \(name)") }
        return doubts
    }

    /// `sealed off: 0 attempts to leave since 2026-11-22T10:00:00Z`
    public var sentence: String {
        let count = log?.total ?? 0
        let since = log.map { " since \($0.since)" } ?? ""
        return "sealed off: \(count) \(count == 1 ? "attempt" : "attempts") to leave\(since)"
            + doubts.map { "; \($0)" }.joined()
    }

    /// The most frequent attempts, one a line.
    public var examples: [String] {
        let all = log?.sorted ?? []
        let shown = all.prefix(5).map { kind, count in
            "attempt: \(kind.machine ?? "an unknown card"): \(count.packets) × \(kind.target)"
                + (kind.process.map { " (\($0.text))" } ?? "")
        }
        return all.count > 5 ? shown + ["attempt: and \(all.count - 5) other kinds"] : shown
    }

    public var json: JSONValue {
        var object = JSONObject([
            ("watched", .bool(isWatched)), ("attempts", .integer(log?.total ?? 0)), ("doubts", .strings(doubts)),
        ])
        object["log"] = log?.json
        return .object(object)
    }
}

/// One `up` of an instance that is sealed off, as `evidence.json` keeps it: what was checked, who had signed it, and how long it took.
public struct SealedRun: Hashable, Sendable {
    public static let version: Int64 = 1
    private static let limit = 1000

    public struct Signer: Hashable, Sendable {
        public let name: String
        public let keyType: String
        public let fingerprint: String

        public init(name: String, keyType: String, fingerprint: String) {
            (self.name, self.keyType, self.fingerprint) = (name, keyType, fingerprint)
        }
    }

    public let began: Timestamp
    public let bundleDigest: Digest
    public let publicDigest: Digest
    public let toolVersion: String
    /// That were hashed, and found to be what their names say.
    public let blobs: Int64
    public let bytes: Int64
    /// Nil where nobody had said whose signature counts.
    public let signer: Signer?
    /// What was reached, and when; nil when it was not waited for.
    public private(set) var goal: String?
    public private(set) var ended: Timestamp?

    public init(
        began: Timestamp, bundleDigest: Digest, publicDigest: Digest, toolVersion: String, blobs: Int64, bytes: Int64,
        signer: Signer?
    ) {
        self.began = began
        self.bundleDigest = bundleDigest
        self.publicDigest = publicDigest
        self.toolVersion = toolVersion
        self.blobs = blobs
        self.bytes = bytes
        self.signer = signer
    }

    public var seconds: Int64? { ended.map { $0.secondsSince1970 - began.secondsSince1970 } }

    public mutating func reached(_ goal: Waiter.Goal, at time: Timestamp) {
        self.goal = goal.rawValue
        ended = time
    }

    /// In the order of time.
    public static func read(_ paths: InstancePaths) throws(LaunchError) -> [SealedRun] {
        guard let bytes = try Files.read(paths.evidence) else { return [] }
        do throws(FormatError) {
            let cursor = JSONCursor(try JSONParser.parse(bytes, limits: JSONLimits(byteCount: 4 << 20, depth: 6)))
            let version = try cursor.required("version").integer(in: 1 ... .max)
            guard version <= Self.version else {
                throw .futureVersion(
                    document: "evidence.json", found: version, reader: "slipway", supported: Self.version)
            }
            try cursor.only(["version", "runs"])
            return try cursor.required("runs").list(limit: limit) { (run) throws(FormatError) in
                try SealedRun(decoding: run)
            }
        } catch { throw .damaged(path: paths.evidence, reason: "\(error)") }
    }

    /// Adds it, or what is known of it by now.
    public func save(in paths: InstancePaths) throws(LaunchError) {
        var runs = try Self.read(paths)
        if let last = runs.last, last.began == began, last.bundleDigest == bundleDigest { runs.removeLast() }
        runs.append(self)
        let document: JSONValue = [
            "version": .integer(Self.version), "runs": .array(runs.suffix(Self.limit).map(\.json)),
        ]
        try Files.write(CanonicalJSON.encode(document), to: paths.evidence)
    }

    private init(decoding cursor: JSONCursor) throws(FormatError) {
        try cursor.only([
            "began", "bundleDigest", "publicDigest", "toolVersion", "blobs", "bytes", "signer", "goal", "ended",
        ])
        began = try cursor.required("began").timestamp()
        bundleDigest = try cursor.required("bundleDigest").digest()
        publicDigest = try cursor.required("publicDigest").digest()
        toolVersion = try cursor.required("toolVersion").name()
        blobs = try cursor.required("blobs").integer(in: 0 ... .max)
        bytes = try cursor.required("bytes").integer(in: 0 ... .max)
        signer = try cursor.optional("signer").map { (signer) throws(FormatError) in
            try signer.only(["name", "keyType", "fingerprint"])
            return Signer(
                name: try signer.required("name").line(limit: 1024),
                keyType: try signer.required("keyType").line(limit: 128),
                fingerprint: try signer.required("fingerprint").line(limit: 256))
        }
        goal = try cursor.optional("goal")?.line(limit: 32)
        ended = try cursor.optional("ended")?.timestamp()
    }

    public var json: JSONValue {
        var object = JSONObject([
            ("began", .string("\(began)")), ("bundleDigest", .string("\(bundleDigest)")),
            ("publicDigest", .string("\(publicDigest)")), ("toolVersion", .string(toolVersion)),
            ("blobs", .integer(blobs)), ("bytes", .integer(bytes)),
        ])
        object["signer"] = signer.map {
            [
                "name": .string(printable($0.name)), "keyType": .string($0.keyType),
                "fingerprint": .string($0.fingerprint),
            ]
        }
        object["goal"] = goal.map { .string($0) }
        object["ended"] = ended.map { .string("\($0)") }
        return .object(object)
    }
}

/// What somebody files who has to show that a cluster needed nobody outside.
public struct EvidenceReport: Sendable {
    public let instance: Instance
    public let made: Timestamp
    public let runs: [SealedRun]
    /// What the machines were given.
    public let payloads: [DepotPayload]
    public let status: ClusterStatus
    public let sealedOff: SealedOff
    /// Of the machines' network, looked for when the report was made.
    public let waysOut: [String]

    /// - Throws: ``LaunchError/notSealedOff(instance:)``
    public static func make(
        _ instance: Instance, _ provider: any Provider, at time: Timestamp
    ) async throws(LaunchError) -> EvidenceReport {
        let paths = instance.paths
        guard instance.record.isSealedOff else { throw .notSealedOff(instance: paths.name) }
        let listing = "\(paths.depot)/\(DepotManifest.path)"
        let depot: DepotManifest?
        do throws(FormatError) {
            depot = try read(listing).map { (bytes) throws(FormatError) in
                try DepotManifest(parsing: bytes, reader: "slipway")
            }
        } catch { throw .damaged(path: listing, reason: "\(error)") }
        let machines = try await StatusReader(instance, provider).read(instance.plan.machines)
        let sealedOff = try SealedOff.look(instance)
        return EvidenceReport(
            instance: instance, made: time, runs: try SealedRun.read(paths), payloads: depot?.payloads ?? [],
            status: ClusterStatus(machines, faults: try provider.faults(instance), sealedOff: sealedOff),
            sealedOff: sealedOff, waysOut: try provider.waysOut(instance))
    }

    private static func read(_ path: String) -> [UInt8]? { (try? Files.read(path)) ?? nil }

    /// Why it does not show what it is for; empty when it does.
    public var objections: [String] {
        let total = sealedOff.log?.total ?? 0
        let attempts = total > 0 ? ["\(total) \(total == 1 ? "packet was" : "packets were") sent to the outside"] : []
        let sick = status.machines.filter { !$0.isHealthy }.map { "\($0.name) is not healthy: \($0.step)" }
        return attempts + sealedOff.doubts + waysOut + status.faults + sick
    }

    public var json: JSONValue {
        let log = sealedOff.log ?? AttemptLog(since: made)
        return [
            "version": 1, "instance": .string(instance.paths.name), "cluster": .string(instance.record.cluster),
            "provider": .string(instance.record.provider.rawValue), "made": .string("\(made)"),
            "bundleDigest": .string("\(instance.record.bundleDigest)"), "proven": .bool(objections.isEmpty),
            "objections": .strings(objections), "runs": .array(runs.map(\.json)),
            "payloads": .array(
                payloads.map {
                    ["name": .string($0.name), "digest": .string("\($0.digest)"), "size": .integer($0.size)]
                }),
            "machines": .array(
                status.machines.map { machine in
                    [
                        "name": .string(machine.name), "role": .string(machine.role.rawValue),
                        "address": .string("\(machine.address)"), "health": .string(machine.health.rawValue),
                        "waitsFor": .strings(machine.waiting),
                    ]
                }),
            "waysOut": .strings(waysOut), "watched": .bool(sealedOff.isWatched), "attempts": log.json,
            "total": .integer(log.total),
        ]
    }
}
