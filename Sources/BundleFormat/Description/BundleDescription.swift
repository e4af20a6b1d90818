public import Values

/// The bundle description, config of the public manifest: what the bundle holds, without anything that follows from the
/// secrets file. Launchers and people read it instead of the topology.
public struct BundleDescription: Hashable, Sendable {
    public static let version: Int64 = 1
    /// The most machines that are read.
    public static let machineLimit = 50_000

    /// The cluster's name.
    public let name: String
    /// RFC 3339; every date in the bundle follows from it.
    public let epoch: String
    public let kubernetesVersion: String
    /// Where clients reach the API, such as `https://192.168.64.10:6443`.
    public let apiURL: String
    /// The account that people log in as.
    public let login: String
    public let toolVersion: String
    /// In the order of the topology.
    public let machines: [DescribedMachine]
    /// Sorted by name.
    public let payloads: [DescribedPayload]
    /// The digest of every template by its path, so that a difference can be traced to its cause.
    public let templates: [(path: String, digest: Digest)]

    public init(
        name: String, epoch: String, kubernetesVersion: String, apiURL: String, login: String, toolVersion: String,
        machines: [DescribedMachine], payloads: [DescribedPayload], templates: [(path: String, digest: Digest)]
    ) {
        self.name = name
        self.epoch = epoch
        self.kubernetesVersion = kubernetesVersion
        self.apiURL = apiURL
        self.login = login
        self.toolVersion = toolVersion
        self.machines = machines
        self.payloads = payloads
        self.templates = templates.sorted { $0.path < $1.path }
    }

    /// Parses and checks the document.
    public init(parsing bytes: [UInt8]) throws(FormatError) {
        // Nine bytes in ten are the file table; 5,000 machines of 40 files take about 60 MiB.
        let limits = JSONLimits(byteCount: 512 << 20, depth: 8)
        try self.init(decoding: JSONCursor(JSONParser.parse(bytes, limits: limits)))
    }

    public init(decoding cursor: JSONCursor) throws(FormatError) {
        let version = try cursor.required("version").integer(in: 1 ... .max)
        guard version <= Self.version else {
            throw .futureVersion(
                document: "the bundle description", found: version, reader: "slipway", supported: Self.version)
        }
        name = try cursor.required("name").name()
        epoch = try cursor.required("epoch").name()
        kubernetesVersion = try cursor.required("kubernetesVersion").name()
        apiURL = try cursor.required("apiURL").name()
        login = try cursor.required("login").accountName()
        toolVersion = try cursor.required("toolVersion").name()
        machines = try cursor.required("machines").list(limit: Self.machineLimit) { (entry) throws(FormatError) in
            try DescribedMachine(decoding: entry)
        }
        payloads = try cursor.required("payloads").list(limit: 1000) { (entry) throws(FormatError) in
            try DescribedPayload(decoding: entry)
        }
        templates = try cursor.required("templates").list(limit: 1000) { (entry) throws(FormatError) in
            (path: try entry.required("path").relativePath(), digest: try entry.required("digest").digest())
        }
    }

    public var json: JSONValue {
        [
            "version": .integer(Self.version), "name": .string(name), "epoch": .string(epoch),
            "kubernetesVersion": .string(kubernetesVersion), "apiURL": .string(apiURL), "login": .string(login),
            "toolVersion": .string(toolVersion), "machines": .array(machines.map(\.json)),
            "payloads": .array(payloads.map(\.json)),
            "templates": .array(
                templates.map { ["path": .string($0.path), "digest": .string($0.digest.description)] }),
        ]
    }

    public static func == (left: BundleDescription, right: BundleDescription) -> Bool { left.json == right.json }
    public func hash(into hasher: inout Hasher) { hasher.combine(json) }
}
