public import Values

/// The bundle description, config of the public manifest: what the bundle holds, without anything that follows from the
/// secrets file. Launchers and people read it instead of the topology.
public struct BundleDescription: Hashable, Sendable {
    public static let version: Int64 = 1
    /// The most machines of a bundle: a worker takes 2 KB of this document and eight blobs, and readers keep to 32 MiB and 100,000.
    public static let machineLimit = ClusterConventions.machineLimit
    /// The most bytes of one machine's open files together, which its seed holds in memory.
    public static let seedLimit: Int64 = 16 << 20
    /// The most distinct files that are read.
    public static let fileLimit = 500_000
    /// The most payloads and the most templates that are read.
    public static let listLimit = 1000

    /// The digest of one template.
    public struct Template: Hashable, Sendable {
        public let path: String
        public let digest: Digest
    }

    /// The cluster's name.
    public let name: String
    /// Every date in the bundle follows from it.
    public let epoch: Timestamp
    public let kubernetesVersion: Version
    /// Where clients reach the API.
    public let api: APIEndpoint
    /// The account that people log in as.
    public let login: String
    public let toolVersion: String
    /// What it was built from, besides what it lists.
    public let inputs: BuildInputs
    public let architecture: Architecture
    /// `launch.json`.
    public let launch: DescribedDocument
    /// Every file that a machine has, once, in the order of first use.
    public let files: [DescribedFile]
    /// What machines are, once, in the order of first use.
    public let configurations: [MachineConfiguration]
    /// In the order of the topology.
    public let machines: [DescribedMachine]
    /// Sorted by path.
    public let operatorFiles: [DescribedOperatorFile]
    /// Sorted by name.
    public let payloads: [DescribedPayload]
    /// The digest of every template by its path, so that a difference can be traced to its cause.
    public let templates: [Template]

    public init(
        name: String, epoch: Timestamp, kubernetesVersion: Version, api: APIEndpoint, login: String,
        toolVersion: String, inputs: BuildInputs, architecture: Architecture, launch: DescribedDocument,
        tables: DescriptionTables,
        machines: [DescribedMachine], operatorFiles: [DescribedOperatorFile], payloads: [DescribedPayload],
        templates: [(path: String, digest: Digest)]
    ) {
        self.name = name
        self.epoch = epoch
        self.kubernetesVersion = kubernetesVersion
        self.api = api
        self.login = login
        self.toolVersion = toolVersion
        self.inputs = inputs
        self.architecture = architecture
        self.launch = launch
        files = tables.files
        configurations = tables.configurations
        self.machines = machines
        self.operatorFiles = operatorFiles
        self.payloads = payloads
        self.templates = templates.sorted { $0.path < $1.path }.map { Template(path: $0.path, digest: $0.digest) }
    }

    /// Parses and checks the document.
    public init(parsing bytes: [UInt8]) throws(FormatError) {
        let limits = JSONLimits(depth: 8)
        try self.init(decoding: JSONCursor(JSONParser.parse(bytes, limits: limits)))
    }

    public init(decoding cursor: JSONCursor) throws(FormatError) {
        let version = try cursor.required("version").integer(in: 1 ... .max)
        guard version <= Self.version else {
            throw .futureVersion(
                document: "the bundle description", found: version, reader: "slipway", supported: Self.version)
        }
        try cursor.only([
            "version", "name", "epoch", "kubernetesVersion", "apiURL", "login", "toolVersion", "inputs", "architecture",
            "launch",
            "files", "configurations", "machines", "operator", "payloads", "templates",
        ])
        name = try cursor.required("name").dnsLabel()
        epoch = try cursor.required("epoch").timestamp()
        kubernetesVersion = try cursor.required("kubernetesVersion").version()
        api = try APIEndpoint(decoding: cursor.required("apiURL"))
        login = try cursor.required("login").accountName()
        toolVersion = try cursor.required("toolVersion").name()
        inputs = try BuildInputs(decoding: cursor.required("inputs"))
        architecture = try cursor.required("architecture").choice()
        launch = try DescribedDocument(decoding: cursor.required("launch"))
        files = try cursor.required("files").list(limit: Self.fileLimit) { (entry) throws(FormatError) in
            try DescribedFile(decoding: entry)
        }
        configurations = try cursor.required("configurations").list(limit: Self.listLimit) {
            (entry) throws(FormatError) in try MachineConfiguration(decoding: entry)
        }
        machines = try cursor.required("machines").list(limit: Self.machineLimit) { (entry) throws(FormatError) in
            try DescribedMachine(decoding: entry)
        }
        operatorFiles = try cursor.required("operator").list(limit: Self.listLimit) { (entry) throws(FormatError) in
            try DescribedOperatorFile(decoding: entry)
        }
        payloads = try cursor.required("payloads").list(limit: Self.listLimit) { (entry) throws(FormatError) in
            try DescribedPayload(decoding: entry)
        }
        templates = try cursor.required("templates").list(limit: Self.listLimit) { (entry) throws(FormatError) in
            try entry.only(["path", "digest"])
            return Template(
                path: try entry.required("path").relativePath(), digest: try entry.required("digest").digest())
        }
        try FormatError.refuseRepeated(machines.map(\.name), in: "machines", member: "name")
        try FormatError.refuseRepeated(machines.map(\.address), in: "machines", member: "address")
        try FormatError.refuseRepeated(machines.map(\.mac), in: "machines", member: "mac")
        try FormatError.refuseRepeated(payloads.map(\.name), in: "payloads", member: "name")
        try FormatError.refuseRepeated(templates.map(\.path), in: "templates", member: "path")
        try FormatError.refuseRepeated(operatorFiles.map(\.path), in: "operator", member: "path")
        try checkConsistency()
    }

    public var json: JSONValue {
        [
            "version": .integer(Self.version), "name": .string(name), "epoch": .string("\(epoch)"),
            "kubernetesVersion": .string("\(kubernetesVersion)"), "apiURL": .string(api.url),
            "login": .string(login), "toolVersion": .string(toolVersion), "inputs": inputs.json,
            "architecture": .string(architecture.rawValue),
            "launch": launch.json, "files": .array(files.map(\.json)),
            "configurations": .array(configurations.map(\.json)), "machines": .array(machines.map(\.json)),
            "operator": .array(operatorFiles.map(\.json)),
            "payloads": .array(payloads.map(\.json)),
            "templates": .array(templates.map { ["path": .string($0.path), "digest": .string("\($0.digest)")] }),
        ]
    }
}

/// A document beside the description, by what it must be.
public struct DescribedDocument: Hashable, Sendable {
    public let digest: Digest
    /// Bytes.
    public let size: Int64

    public init(digest: Digest, size: Int64) {
        self.digest = digest
        self.size = size
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        try cursor.only(["digest", "size"])
        digest = try cursor.required("digest").digest()
        size = try cursor.required("size").size()
    }

    var json: JSONValue { ["digest": .string("\(digest)"), "size": .integer(size)] }
}

/// Where clients reach the Kubernetes API: an address and a port, from which the URL is made.
public struct APIEndpoint: Hashable, Sendable {
    public let address: IPv4Address
    public let port: UInt16

    public init(address: IPv4Address, port: UInt16) {
        self.address = address
        self.port = port
    }

    /// `https://192.168.64.10:6443`
    public var url: String { "https://\(address):\(port)" }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        let text = try cursor.string(limit: 64)
        let prefix = "https://"
        let parts = text.dropFirst(prefix.count).split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPv4Address(parts[0]), let port = UInt16(parts[1]) else {
            throw cursor.refused("\"\(printable(text))\" is not a URL such as \"https://192.168.64.10:6443\"")
        }
        self.init(address: address, port: port)
        // The one spelling, which also checks the beginning.
        guard url == text, port > 0 else { throw cursor.refused("\"\(printable(text))\" is not \"\(url)\"") }
    }
}

/// A payload that the cluster needs; its bytes may or may not be in the bundle.
public struct DescribedPayload: Hashable, Sendable {
    public let name: String
    public let kind: PayloadKind
    public let release: String
    /// Nil when the lock file does not pin it.
    public let digest: Digest?
    public let size: Int64?
    public let url: String?
    /// Nil where upstream declares none for what is in the payload.
    public let licence: DeclaredLicence?

    public init(
        name: String, kind: PayloadKind, release: String, digest: Digest?, size: Int64?, url: String?,
        licence: DeclaredLicence? = nil
    ) {
        self.name = name
        self.kind = kind
        self.release = release
        self.digest = digest
        self.size = size
        self.url = url
        self.licence = licence
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        try cursor.only(["name", "kind", "release", "digest", "size", "url", "licence"])
        name = try cursor.required("name").payloadName()
        kind = try cursor.required("kind").choice()
        release = try cursor.required("release").name()
        digest = try cursor.optional("digest")?.digest()
        size = try cursor.optional("size")?.size()
        url = try cursor.optional("url")?.line(limit: 4096)
        licence = try cursor.optional("licence").map { (licence) throws(FormatError) in
            try DeclaredLicence(decoding: licence)
        }
    }

    var json: JSONValue {
        var object = JSONObject([
            ("name", .string(name)), ("kind", .string(kind.rawValue)), ("release", .string(release)),
        ])
        object["digest"] = digest.map { .string($0.description) }
        object["size"] = size.map { .integer($0) }
        object["url"] = url.map { .string($0) }
        object["licence"] = licence?.json
        return .object(object)
    }
}
