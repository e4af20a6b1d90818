public import Values

/// `slipway/machine.json` in a seed: everything the applier does on one machine, and the only contract with the compiler.
///
/// Unlike OCI documents it is read strictly: a member that is not known is an error, because an applier that skips what
/// it does not understand leaves a machine half made. Lists are kept in the order written; `units` is start order.
public struct MachineManifest: Hashable, Sendable {
    /// The version this code writes and the newest it reads.
    public static let version: Int64 = 1
    /// What it is called where there is no directory.
    public static let documentName = "machine.json"
    /// Where the document stands in a seed.
    public static let path = "slipway/\(documentName)"
    /// Where files stand in a seed, each by its path on the machine.
    public static let filesDirectory = "slipway/files"
    /// The most entries accepted in one list.
    public static let listLimit = 10_000

    public let cluster: String
    public let machine: String
    public let role: Role
    public let architecture: Architecture
    public let groups: [MachineGroup]
    public let users: [MachineUser]
    public let directories: [MachineDirectory]
    public let files: [MachineFile]
    public let payloads: [MachinePayload]
    /// In start order.
    public let units: [MachineUnit]
    /// What tells whether the machine does what it is for.
    public let checks: [HealthCheck]

    public init(
        cluster: String, machine: String, role: Role, architecture: Architecture, groups: [MachineGroup] = [],
        users: [MachineUser] = [], directories: [MachineDirectory] = [],
        files: [MachineFile] = [], payloads: [MachinePayload] = [], units: [MachineUnit] = [],
        checks: [HealthCheck] = []
    ) {
        self.cluster = cluster
        self.machine = machine
        self.role = role
        self.architecture = architecture
        self.groups = groups
        self.users = users
        self.directories = directories
        self.files = files
        self.payloads = payloads
        self.units = units
        self.checks = checks
    }

    /// Parses and checks the document. `reader` names the program in the message about a version from the future.
    public init(parsing bytes: [UInt8], reader: String = GuestLayout.applier) throws(FormatError) {
        let limits = JSONLimits(byteCount: 16 << 20, depth: 8)
        try self.init(decoding: JSONCursor(JSONParser.parse(bytes, limits: limits)), reader: reader)
    }

    public init(decoding cursor: JSONCursor, reader: String = GuestLayout.applier) throws(FormatError) {
        // The version first: a later document may differ in everything else.
        let version = try cursor.required("version").integer(in: 1 ... .max)
        guard version <= Self.version else {
            throw .futureVersion(document: Self.documentName, found: version, reader: reader, supported: Self.version)
        }
        try cursor.only(Self.memberNames)
        cluster = try cursor.required("cluster").dnsLabel()
        machine = try cursor.required("machine").dnsLabel()
        role = try cursor.required("role").choice()
        architecture = try cursor.required("architecture").choice()
        groups = try cursor.entries("groups", limit: Self.listLimit) { (entry) throws(FormatError) in
            try MachineGroup(decoding: entry)
        }
        users = try cursor.entries("users", limit: Self.listLimit) { (entry) throws(FormatError) in
            try MachineUser(decoding: entry)
        }
        directories = try cursor.entries("directories", limit: Self.listLimit) { (entry) throws(FormatError) in
            try MachineDirectory(decoding: entry)
        }
        files = try cursor.entries("files", limit: Self.listLimit) { (entry) throws(FormatError) in
            try MachineFile(decoding: entry)
        }
        payloads = try cursor.entries("payloads", limit: Self.listLimit) { (entry) throws(FormatError) in
            try MachinePayload(decoding: entry)
        }
        units = try cursor.entries("units", limit: Self.listLimit) { (entry) throws(FormatError) in
            try MachineUnit(decoding: entry)
        }
        checks = try cursor.entries("checks", limit: HealthCheck.listLimit) { (entry) throws(FormatError) in
            try HealthCheck(decoding: entry)
        }
        try checkConsistency()
    }

    private static let memberNames: Set<String> = [
        "version", "cluster", "machine", "role", "architecture", "groups", "users", "directories", "files",
        "payloads", "units", "checks",
    ]

    public var json: JSONValue {
        [
            "version": .integer(Self.version), "cluster": .string(cluster), "machine": .string(machine),
            "role": .string(role.rawValue), "architecture": .string(architecture.rawValue),
            "groups": .array(groups.map(\.json)), "users": .array(users.map(\.json)),
            "directories": .array(directories.map(\.json)), "files": .array(files.map(\.json)),
            "payloads": .array(payloads.map(\.json)), "units": .array(units.map(\.json)),
            "checks": .array(checks.map(\.json)),
        ]
    }
}

extension MachineManifest {
    /// Refuses a manifest whose parts contradict one another; the compiler calls it before it writes, the reader after parsing.
    public func checkConsistency() throws(FormatError) {
        try FormatError.refuseRepeated(groups.map(\.name), in: "groups", member: "name")
        try FormatError.refuseRepeated(users.map(\.name), in: "users", member: "name")
        try FormatError.refuseRepeated(directories.map(\.path), in: "directories", member: "path")
        try FormatError.refuseRepeated(files.map(\.path), in: "files", member: "path")
        // One archive may be listed once for each member that is placed.
        try FormatError.refuseRepeated(payloads.map(\.placement), in: "payloads", member: "name")
        try FormatError.refuseRepeated(payloads.map(\.path), in: "payloads", member: "path")
        try FormatError.refuseRepeated(units.map(\.name), in: "units", member: "name")
        try FormatError.refuseRepeated(checks.map(\.name), in: "checks", member: "name")
        let unitNames = Set(units.map(\.name))
        for (index, check) in checks.enumerated() {
            guard let stranger = (check.units + check.probe.units).first(where: { !unitNames.contains($0) }) else {
                continue
            }
            throw .invalidValue(path: "checks[\(index)]", reason: "\"\(printable(stranger))\" is no unit here")
        }
        let filePaths = Set(files.map(\.path))
        for (index, directory) in directories.enumerated() where filePaths.contains(directory.path) {
            throw .invalidValue(path: "directories[\(index)].path", reason: "\"\(directory.path)\" is also in files")
        }
        for (index, payload) in payloads.enumerated() {
            guard let path = payload.path, filePaths.contains(path) else { continue }
            throw .invalidValue(path: "payloads[\(index)].path", reason: "\"\(path)\" is also in files")
        }
        let causes = filePaths.union(payloads.map(\.name)).union(payloads.compactMap(\.path))
            .union(directories.map(\.path))
        for (index, unit) in units.enumerated() {
            for (position, cause) in unit.restartOn.enumerated() where !causes.contains(cause) {
                throw .invalidValue(
                    path: "units[\(index)].restartOn[\(position)]",
                    reason: "\"\(printable(cause))\" is the path or name of no file, directory or payload here")
            }
        }
    }
}

/// A systemd unit the applier enables and starts.
public struct MachineUnit: Hashable, Sendable {
    public let name: String
    /// Enabled, so that it comes back after a reboot.
    public let isEnabled: Bool
    /// Paths of files or names of payloads; the unit is restarted when one of them changed.
    public let restartOn: [String]
    /// Seconds after which a start takes too long to be well; nil where systemd's own limit for the unit tells.
    public let startSeconds: Int64?

    public init(name: String, isEnabled: Bool, restartOn: [String] = [], startSeconds: Int64? = nil) {
        self.name = name
        self.isEnabled = isEnabled
        self.restartOn = restartOn
        self.startSeconds = startSeconds
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        try cursor.only(["name", "enable", "restartOn", "startSeconds"])
        name = try cursor.required("name").unitName()
        isEnabled = try cursor.required("enable").bool()
        restartOn = try cursor.entries("restartOn", limit: 1000) { (entry) throws(FormatError) in
            try entry.name(limit: 4096)
        }
        startSeconds = try cursor.optional("startSeconds")?.integer(in: 1...86_400)
    }

    var json: JSONValue {
        var object = JSONObject([("name", .string(name)), ("enable", .bool(isEnabled))])
        if !restartOn.isEmpty { object["restartOn"] = .strings(restartOn) }
        object["startSeconds"] = startSeconds.map { .integer($0) }
        return .object(object)
    }
}

extension MachineUnit {
    /// Where the files of units lie.
    private static let directories = [
        "/etc/systemd/system/", "/usr/local/lib/systemd/system/", "/usr/lib/systemd/system/", "/lib/systemd/system/",
    ]

    public static func isUnitFile(_ path: String) -> Bool { directories.contains { path.hasPrefix($0) } }

    /// Whether a path is a unit's own file or a drop-in of it.
    public static func isFile(_ path: String, of unit: String) -> Bool {
        directories.contains { path == $0 + unit || path.hasPrefix("\($0)\(unit).d/") }
    }

    /// Whether the unit is restarted when these changed: paths, and names of payloads.
    public func isRestarted(by causes: Set<String>) -> Bool {
        restartOn.contains(where: causes.contains) || causes.contains { Self.isFile($0, of: name) }
    }
}
