/// `slipway/machine.json` in a seed: everything the applier does on one machine, and the only contract with the compiler.
///
/// Unlike OCI documents it is read strictly: a member that is not known is an error, because an applier that skips what
/// it does not understand leaves a machine half made. Lists are kept in the order written; `units` is start order.
public struct MachineManifest: Hashable, Sendable {
    /// The version this code writes and the newest it reads.
    public static let version: Int64 = 1
    /// Where the document stands in a seed.
    public static let path = "slipway/machine.json"
    /// The most entries accepted in one list.
    public static let listLimit = 10_000

    public let cluster: String
    public let machine: String
    public let role: String
    /// `arm64` or `amd64`.
    public let architecture: String
    /// The bundle the seed was made for; nil in hand-made manifests.
    public let bundle: MachineBundle?
    public let groups: [MachineGroup]
    public let users: [MachineUser]
    public let directories: [MachineDirectory]
    public let files: [MachineFile]
    public let payloads: [MachinePayload]
    /// In start order.
    public let units: [MachineUnit]

    public init(
        cluster: String, machine: String, role: String, architecture: String, bundle: MachineBundle? = nil,
        groups: [MachineGroup] = [], users: [MachineUser] = [], directories: [MachineDirectory] = [],
        files: [MachineFile] = [], payloads: [MachinePayload] = [], units: [MachineUnit] = []
    ) {
        self.cluster = cluster
        self.machine = machine
        self.role = role
        self.architecture = architecture
        self.bundle = bundle
        self.groups = groups
        self.users = users
        self.directories = directories
        self.files = files
        self.payloads = payloads
        self.units = units
    }

    /// Parses and checks the document. `reader` names the program in the message about a version from the future.
    public init(parsing bytes: [UInt8], reader: String = "slipway-apply") throws(FormatError) {
        let limits = JSONLimits(byteCount: 16 << 20, depth: 8)
        try self.init(decoding: JSONCursor(JSONParser.parse(bytes, limits: limits)), reader: reader)
    }

    public init(decoding cursor: JSONCursor, reader: String = "slipway-apply") throws(FormatError) {
        // The version first: a later document may differ in everything else.
        let version = try cursor.required("version").integer(in: 1 ... .max)
        guard version <= Self.version else {
            throw .futureVersion(document: "machine.json", found: version, reader: reader, supported: Self.version)
        }
        try cursor.only(Self.memberNames)
        cluster = try cursor.required("cluster").name()
        machine = try cursor.required("machine").name()
        role = try cursor.required("role").name()
        architecture = try cursor.required("architecture").oneOf(["amd64", "arm64"])
        bundle = try cursor.optional("bundle").map { (part) throws(FormatError) in try MachineBundle(decoding: part) }
        groups = try cursor.entries("groups") { (entry) throws(FormatError) in try MachineGroup(decoding: entry) }
        users = try cursor.entries("users") { (entry) throws(FormatError) in try MachineUser(decoding: entry) }
        directories = try cursor.entries("directories") { (entry) throws(FormatError) in
            try MachineDirectory(decoding: entry)
        }
        files = try cursor.entries("files") { (entry) throws(FormatError) in try MachineFile(decoding: entry) }
        payloads = try cursor.entries("payloads") { (entry) throws(FormatError) in try MachinePayload(decoding: entry) }
        units = try cursor.entries("units") { (entry) throws(FormatError) in try MachineUnit(decoding: entry) }
        try checkConsistency()
    }

    private static let memberNames: Set<String> = [
        "version", "cluster", "machine", "role", "architecture", "bundle", "groups", "users", "directories", "files",
        "payloads", "units",
    ]

    public var json: JSONValue {
        var object = JSONObject([
            ("version", .integer(Self.version)), ("cluster", .string(cluster)), ("machine", .string(machine)),
            ("role", .string(role)), ("architecture", .string(architecture)),
            ("groups", .array(groups.map(\.json))), ("users", .array(users.map(\.json))),
            ("directories", .array(directories.map(\.json))), ("files", .array(files.map(\.json))),
            ("payloads", .array(payloads.map(\.json))), ("units", .array(units.map(\.json))),
        ])
        object["bundle"] = bundle?.json
        return .object(object)
    }
}
