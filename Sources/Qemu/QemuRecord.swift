import BundleFormat
import HostSystem
import Launching

/// `qemu.json`: what an instance under QEMU has that its bundle does not say.
struct QemuRecord: Hashable {
    static let version: Int64 = 1

    /// On 127.0.0.1, to the jump host's SSH.
    var forwardPort: Int?
    /// On 127.0.0.1, to the cluster's API; nil under a bundle without an interface for it.
    var apiPort: Int?
    /// The machines that the switch was started with.
    var ports: [String] = []

    private static func path(_ paths: InstancePaths) -> String { "\(paths.directory)/qemu.json" }

    static func read(_ paths: InstancePaths) throws(LaunchError) -> QemuRecord {
        guard let bytes = try Files.read(path(paths)) else { return QemuRecord() }
        do { return try QemuRecord(parsing: bytes) } catch {
            throw .damaged(path: path(paths), reason: "\(error)")
        }
    }

    func save(_ paths: InstancePaths) throws(LaunchError) {
        try Files.write(CanonicalJSON.encode(json), to: Self.path(paths))
    }

    init() {}

    init(parsing bytes: [UInt8]) throws(FormatError) {
        let cursor = JSONCursor(try JSONParser.parse(bytes))
        let version = try cursor.required("version").integer(in: 1 ... .max)
        guard version <= Self.version else {
            throw .futureVersion(document: "qemu.json", found: version, reader: "slipway", supported: Self.version)
        }
        forwardPort = try cursor.optional("forwardPort").map { (port) throws(FormatError) in
            Int(try port.integer(in: 1...65_535))
        }
        apiPort = try cursor.optional("apiPort").map { (port) throws(FormatError) in
            Int(try port.integer(in: 1...65_535))
        }
        ports = try cursor.entries("ports", limit: BundleDescription.machineLimit) { (name) throws(FormatError) in
            try name.dnsLabel()
        }
    }

    var json: JSONValue {
        var object = JSONObject([("version", .integer(Self.version)), ("ports", .strings(ports))])
        object["forwardPort"] = forwardPort.map { .integer(Int64($0)) }
        object["apiPort"] = apiPort.map { .integer(Int64($0)) }
        return .object(object)
    }
}
