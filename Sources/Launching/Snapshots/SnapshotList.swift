import BundleFormat
import HostSystem

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
