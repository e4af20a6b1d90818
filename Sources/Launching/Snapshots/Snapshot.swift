public import BundleFormat
import HostSystem
public import Values

/// The disks of all machines of an instance, as they were at one moment.
public struct Snapshot: Hashable, Sendable {
    public let name: String
    /// What the machines had been made from; with another bundle their disks and seeds would not belong together.
    public let bundleDigest: Digest
    /// RFC 3339.
    public let taken: String
    /// False while it is taken, and after that was cut short.
    public let isComplete: Bool

    public init(name: String, bundleDigest: Digest, taken: String, isComplete: Bool) {
        self.name = name
        self.bundleDigest = bundleDigest
        self.taken = taken
        self.isComplete = isComplete
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        name = try cursor.required("name").name()
        bundleDigest = try cursor.required("bundleDigest").digest()
        taken = try cursor.required("taken").string()
        isComplete = try cursor.required("complete").bool()
    }

    public var json: JSONValue {
        [
            "name": .string(name), "bundleDigest": .string("\(bundleDigest)"), "taken": .string(taken),
            "complete": .bool(isComplete),
        ]
    }

    var finished: Snapshot { Snapshot(name: name, bundleDigest: bundleDigest, taken: taken, isComplete: true) }
}

/// `snapshots.json`: which snapshots an instance has, in the order they were taken.
struct SnapshotList: Hashable {
    static let version: Int64 = 1

    var snapshots: [Snapshot] = []
    /// The snapshot that machines are being given, while that is not done for all of them.
    var restoring: String?

    static func read(_ paths: InstancePaths) throws(LaunchError) -> SnapshotList {
        guard let bytes = try Files.read(paths.snapshots) else { return SnapshotList() }
        do { return try SnapshotList(parsing: bytes) } catch {
            throw .damaged(path: paths.snapshots, reason: "\(error)")
        }
    }

    func save(_ paths: InstancePaths) throws(LaunchError) {
        try Files.write(CanonicalJSON.encode(json), to: paths.snapshots)
    }

    init() {}

    init(parsing bytes: [UInt8]) throws(FormatError) {
        let cursor = JSONCursor(try JSONParser.parse(bytes))
        let version = try cursor.required("version").integer(in: 1 ... .max)
        guard version <= Self.version else {
            throw .futureVersion(document: "snapshots.json", found: version, reader: "slipway", supported: Self.version)
        }
        snapshots = try cursor.entries("snapshots", limit: 10_000) { (entry) throws(FormatError) in
            try Snapshot(decoding: entry)
        }
        restoring = try cursor.optional("restoring")?.name()
    }

    var json: JSONValue {
        var object = JSONObject([
            ("version", .integer(Self.version)), ("snapshots", .array(snapshots.map(\.json))),
        ])
        object["restoring"] = restoring.map { .string($0) }
        return .object(object)
    }
}
