import Archive
import BuildPlan
public import BundleFormat
public import ClusterModel
public import Diagnostics
public import SystemPackage
public import TopologySpec
public import Values

/// A topology that has been read, and what was found on the way.
public struct TopologyInput: Sendable {
    public let source: SourceText
    public let topology: Topology?
    /// `nil` when the report holds an error.
    public let cluster: Cluster?
    public var report: Report
    /// The value of SOURCE_DATE_EPOCH.
    public let sourceDateEpoch: Timestamp?

    /// Of the text.
    public var digest: Values.Digest { Values.Digest(hashing: Array(source.text.utf8)) }

    /// Reads and resolves a topology; what is wrong with it is in the report, not thrown.
    ///
    /// - Throws: ``InputError`` when the file cannot be read, or SOURCE_DATE_EPOCH is no number.
    public static func load(_ path: String, _ environment: [String: String]) throws(InputError) -> TopologyInput {
        TopologyInput(
            reading: SourceText(file: path, text: try InputFile.text(path, limit: TopologyReader.largestFile)),
            sourceDateEpoch: try sourceDateEpoch(environment))
    }

    /// Reads and resolves the text of a topology.
    public init(reading source: SourceText, sourceDateEpoch: Timestamp?) {
        var report = Report()
        let topology = TopologyReader.read(source, into: &report)
        let cluster = topology.flatMap { ClusterResolver.resolve($0, sourceDateEpoch: sourceDateEpoch, into: &report) }
        if let cluster {
            GenerationCheck(cluster: cluster).run(into: &report) { name in
                topology?.pki.generations.first { $0.key.value == name.description }?.key.position
            }
        }
        self.source = source
        self.topology = topology
        self.cluster = report.isFatal() ? nil : cluster
        self.report = report
        self.sourceDateEpoch = sourceDateEpoch
    }

    /// Adds what only the clock can tell: what has expired, and what upstream no longer supports.
    public mutating func check(at now: Timestamp) {
        guard let cluster, let topology else { return }
        ValidityCheck(cluster: cluster, topology: topology, sourceDateEpoch: sourceDateEpoch).run(
            at: now, into: &report)
        SupportCheck(cluster: cluster, topology: topology).run(at: now, into: &report)
    }

    /// The reproducible-builds.org convention: whole seconds since 1970.
    private static func sourceDateEpoch(_ environment: [String: String]) throws(InputError) -> Timestamp? {
        guard let text = environment["SOURCE_DATE_EPOCH"], !text.isEmpty else { return nil }
        guard let seconds = Int64(text), (0...32_503_679_999).contains(seconds) else { throw .badEpoch(text) }
        return Timestamp(secondsSince1970: seconds)
    }
}

/// The lock file beside a topology, and what was found on the way: `topologies/ha.lock` beside `topologies/ha.yaml`.
public struct LockInput: Sendable {
    public let source: SourceText
    /// `nil` when the report holds an error.
    public let lock: Lock?
    /// Of the text; nil when there is no such file.
    public let digest: Values.Digest?
    public let report: Report

    public static func path(for spec: String) -> FilePath {
        var path = FilePath(spec)
        path.extension = "lock"
        return path
    }

    /// Reads the lock; without one nothing is pinned.
    public static func load(for spec: String) throws(InputError) -> LockInput {
        let path = path(for: spec).string
        guard InputFile.exists(path) else {
            return LockInput(source: SourceText(file: path, text: ""), lock: Lock(), digest: nil, report: Report())
        }
        return try load(from: path)
    }

    /// Reads a lock that was named.
    public static func load(from path: String) throws(InputError) -> LockInput {
        let source = SourceText(file: path, text: try InputFile.text(path))
        var report = Report()
        let lock = LockFile.read(source, into: &report)
        return LockInput(
            source: source, lock: report.isFatal() ? nil : lock,
            digest: Values.Digest(hashing: Array(source.text.utf8)), report: report)
    }
}
