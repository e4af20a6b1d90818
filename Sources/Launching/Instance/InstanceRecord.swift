public import BundleFormat
public import Values

/// What can run the machines of an instance, as in `--provider`.
public enum ProviderName: String, Hashable, Sendable, CaseIterable {
    case utm, qemu, nspawn
}

/// `instance.json`: what an instance was made from and what of it is done. Written anew with each step of `up`.
public struct InstanceRecord: Hashable, Sendable {
    public static let version: Int64 = 2

    /// What has been done for one machine.
    public struct Machine: Hashable, Sendable {
        /// The seed that is in place.
        public var seed: Digest?
        /// The seed that it was started with, or has been told of since.
        public var told: Digest?
        /// The list of the depot that it was started with, where that is an image.
        public var depot: Digest?
        /// The payloads that are neither pinned nor in the depot, so that what needs them waits.
        public var absent: [String] = []

        public init(seed: Digest? = nil, told: Digest? = nil, depot: Digest? = nil, absent: [String] = []) {
            self.seed = seed
            self.told = told
            self.depot = depot
            self.absent = absent
        }
    }

    public let cluster: String
    public let provider: ProviderName
    public let bundleDigest: Digest
    /// The account on every machine that takes the operator's key.
    public let login: String
    /// The tree that all machines share, absolute; only where a provider has one.
    public let baseTree: String?
    /// Whether what machines try to send outside is counted, from their first packet on.
    public let isSealedOff: Bool
    /// Whether everything is in place: false while `up` is at work, and after it was killed.
    public internal(set) var isComplete: Bool
    /// By name.
    public internal(set) var machines: [String: Machine]
    /// By payload, the files below `images/` that virtual machines boot from.
    public internal(set) var bootFiles: [String: String]

    public init(
        cluster: String, provider: ProviderName, bundleDigest: Digest, login: String, baseTree: String?,
        isSealedOff: Bool = false, isComplete: Bool, machines: [String: Machine] = [:],
        bootFiles: [String: String] = [:]
    ) {
        self.cluster = cluster
        self.provider = provider
        self.bundleDigest = bundleDigest
        self.login = login
        self.baseTree = baseTree
        self.isSealedOff = isSealedOff
        self.isComplete = isComplete
        self.machines = machines
        self.bootFiles = bootFiles
    }

    /// How the plan's machines boot, by the names of the files here.
    package func boot(of plan: LaunchPlan) -> DirectBoot? {
        plan.boot.map { boot in
            DirectBoot(
                kernel: bootFiles[boot.kernel] ?? boot.kernel, initrd: bootFiles[boot.initrd] ?? boot.initrd,
                arguments: boot.arguments)
        }
    }
}

// MARK: The document

extension InstanceRecord {
    /// Parses and checks the document.
    public init(parsing bytes: [UInt8]) throws(FormatError) {
        let cursor = JSONCursor(try JSONParser.parse(bytes, limits: JSONLimits(byteCount: 16 << 20, depth: 5)))
        let version = try cursor.required("version")
        let found = try version.integer(in: 1 ... .max)
        guard found <= Self.version else {
            throw .futureVersion(document: "instance.json", found: found, reader: "slipway", supported: Self.version)
        }
        guard found == Self.version else { throw version.refused("an earlier slipway made this instance") }
        try cursor.only([
            "version", "cluster", "provider", "bundleDigest", "login", "baseTree", "sealedOff", "complete", "machines",
            "bootFiles",
        ])
        cluster = try cursor.required("cluster").dnsLabel()
        provider = try cursor.required("provider").choice()
        bundleDigest = try cursor.required("bundleDigest").digest()
        login = try cursor.required("login").accountName()
        baseTree = try cursor.optional("baseTree")?.hostPath()
        isSealedOff = try cursor.optional("sealedOff")?.bool() ?? false
        isComplete = try cursor.required("complete").bool()
        let machines = try cursor.required("machines").list(limit: BundleDescription.machineLimit) {
            (entry) throws(FormatError) in
            (try entry.required("name").dnsLabel(), try Machine(decoding: entry))
        }
        self.machines = Dictionary(machines) { first, _ in first }
        let files = try cursor.required("bootFiles").list(limit: 100) { (entry) throws(FormatError) in
            (try entry.required("payload").payloadName(), try entry.required("file").fileName())
        }
        bootFiles = Dictionary(files) { first, _ in first }
    }

    public var json: JSONValue {
        var object = JSONObject([
            ("version", .integer(Self.version)), ("cluster", .string(cluster)),
            ("provider", .string(provider.rawValue)), ("bundleDigest", .string("\(bundleDigest)")),
            ("login", .string(login)), ("complete", .bool(isComplete)),
            ("machines", .array(machines.sorted { $0.key < $1.key }.map { $0.value.json(named: $0.key) })),
            (
                "bootFiles",
                .array(
                    bootFiles.sorted { $0.key < $1.key }.map {
                        ["payload": .string($0.key), "file": .string($0.value)]
                    })
            ),
        ])
        object["baseTree"] = baseTree.map { .string($0) }
        if isSealedOff { object["sealedOff"] = true }
        return .object(object)
    }
}

extension InstanceRecord.Machine {
    init(decoding cursor: JSONCursor) throws(FormatError) {
        try cursor.only(["name", "seed", "told", "depot", "absent"])
        seed = try cursor.optional("seed")?.digest()
        told = try cursor.optional("told")?.digest()
        depot = try cursor.optional("depot")?.digest()
        absent = try cursor.required("absent").list(limit: MachineManifest.listLimit) { (name) throws(FormatError) in
            try name.payloadName()
        }
    }

    func json(named name: String) -> JSONValue {
        var object = JSONObject([("name", .string(name)), ("absent", .strings(absent))])
        object["seed"] = seed.map { .string("\($0)") }
        object["told"] = told.map { .string("\($0)") }
        object["depot"] = depot.map { .string("\($0)") }
        return .object(object)
    }
}

extension JSONCursor {
    /// An absolute path that fits into one line.
    fileprivate func hostPath() throws(FormatError) -> String {
        let path = try line(limit: 4096)
        guard path.hasPrefix("/") else { throw refused("expected an absolute path") }
        return path
    }

    /// A payload's name and what tells its content from others.
    fileprivate func fileName() throws(FormatError) -> String {
        let name = try line(limit: 200)
        guard !name.hasPrefix("."), !name.contains("/") else { throw refused("expected a file's name") }
        return name
    }
}
