import BundleFormat
import HostSystem
import Launching
import Values

/// `machines/<machine>/utm.json`: what an instance has put into UTM, written before UTM is told.
///
/// Only what agrees with it is ever stopped or deleted: by its UUID, and by its name or the one that its package has now.
struct UTMRecord: Hashable, Sendable {
    static let version: Int64 = 1

    let name: String
    /// As UTM lists it, which is another one than in `config.plist` when UTM found that one taken.
    let uuid: String
    /// Of the `config.plist` that UTM has read: it reads it once, when it opens the package.
    let configuration: Digest
    /// Whether UTM has been seen to list the machine.
    let isRegistered: Bool
    /// The suspended state that was brought back last, as ``QcowSnapshot/identity`` has it. UTM removes such a state when
    /// it has brought it back; one that is still there afterwards is none.
    let resumed: String?

    init(name: String, uuid: String, configuration: Digest, isRegistered: Bool, resumed: String? = nil) {
        self.name = name
        self.uuid = uuid
        self.configuration = configuration
        self.isRegistered = isRegistered
        self.resumed = resumed
    }

    static func read(_ path: String) throws(LaunchError) -> UTMRecord? {
        guard let bytes = try Files.read(path) else { return nil }
        do throws(FormatError) { return try UTMRecord(parsing: bytes) } catch {
            throw .damaged(path: path, reason: "\(error)")
        }
    }

    func save(to path: String) throws(LaunchError) { try Files.write(CanonicalJSON.encode(json), to: path) }

    /// The same as UTM turns out to list it.
    func registered(as uuid: String) -> UTMRecord {
        UTMRecord(name: name, uuid: uuid, configuration: configuration, isRegistered: true, resumed: resumed)
    }

    /// The same after a suspended state was brought back.
    func resumed(_ state: String) -> UTMRecord {
        UTMRecord(name: name, uuid: uuid, configuration: configuration, isRegistered: isRegistered, resumed: state)
    }
}

extension UTMRecord {
    init(parsing bytes: [UInt8]) throws(FormatError) {
        let cursor = JSONCursor(try JSONParser.parse(bytes, limits: JSONLimits(byteCount: 1 << 16, depth: 2)))
        let version = try cursor.required("version").integer(in: 1 ... .max)
        guard version <= Self.version else {
            throw .futureVersion(document: "utm.json", found: version, reader: "slipway", supported: Self.version)
        }
        name = try cursor.required("name").string()
        uuid = try cursor.required("uuid").string()
        configuration = try cursor.required("configuration").digest()
        isRegistered = try cursor.required("registered").bool()
        resumed = try cursor.optional("resumed")?.string()
    }

    var json: JSONValue {
        var object = JSONObject([
            ("version", .integer(Self.version)), ("name", .string(name)), ("uuid", .string(uuid)),
            ("configuration", .string("\(configuration)")), ("registered", .bool(isRegistered)),
        ])
        object["resumed"] = resumed.map { .string($0) }
        return .object(object)
    }
}

/// What the machines of one instance are called in UTM, and where their packages lie.
struct UTMNames: Hashable, Sendable {
    let paths: InstancePaths

    /// The name that UTM lists. Neither part can have a dot, so that no two instances ever make the same name: with a
    /// dash `lab` with `a-b` and `lab-a` with `b` would.
    func name(of machine: String) -> String { "\(paths.name).\(machine)" }

    /// UTM opens it in place and never moves it, because it lies outside of UTM's own directory.
    func package(of machine: String) -> String { "\(paths.machine(machine))/\(name(of: machine)).utm" }

    func disk(of machine: String) -> String { "\(package(of: machine))/Data/disk.qcow2" }

    /// Whether UTM would take what lies there for a machine.
    func hasPackage(_ machine: String) -> Bool { Files.exists("\(package(of: machine))/config.plist") }

    func record(of machine: String) -> String { "\(paths.machine(machine))/utm.json" }

    /// Where the drives are while the package is being replaced.
    func keptData(of machine: String) -> String { "\(paths.machine(machine))/Data.kept" }

    /// What is not whole yet, outside of the package, where UTM would find it.
    func begun(of machine: String) -> String { "\(paths.machine(machine))/disk.begun" }

    func snapshot(_ name: String, of machine: String) -> String { "\(paths.machine(machine))/snapshots/\(name).qcow2" }

    /// A name as UTM hands it on, to QEMU for one: letters, digits and spaces only.
    static func stripped(_ name: String) -> String {
        String(name.filter { $0.isLetter || $0.isNumber || $0 == " " })
    }
}
