public import BundleFormat
public import Values

/// `instance.json`: what an instance was made from. Written first of all and replaced when another bundle is brought up.
public struct InstanceRecord: Hashable, Sendable {
    public static let version: Int64 = 1

    public let cluster: String
    public let provider: String
    public let bundleDigest: Digest
    /// The tree that all machines share, absolute; only where a provider has one.
    public let baseTree: String?
    /// Whether seeds and depot are in place: false while `up` is at work, and after it was killed.
    public let isComplete: Bool
    /// By machine, the payloads that are neither pinned nor in the depot, so that what needs them waits.
    public let absentPayloads: [String: [String]]
    /// Machines that ran on with an older seed because they could not be reached.
    public let untold: [String]
    /// By payload, the files below `images/` that virtual machines boot from.
    public let bootFiles: [String: String]

    public init(
        cluster: String, provider: String, bundleDigest: Digest, baseTree: String?, isComplete: Bool,
        absentPayloads: [String: [String]], untold: [String] = [],
        bootFiles: [String: String] = [:]
    ) {
        self.cluster = cluster
        self.provider = provider
        self.bundleDigest = bundleDigest
        self.baseTree = baseTree
        self.isComplete = isComplete
        self.absentPayloads = absentPayloads
        self.untold = untold
        self.bootFiles = bootFiles
    }

    /// Parses and checks the document.
    public init(parsing bytes: [UInt8]) throws(FormatError) {
        let cursor = JSONCursor(try JSONParser.parse(bytes, limits: JSONLimits(byteCount: 64 << 20, depth: 8)))
        let version = try cursor.required("version").integer(in: 1 ... .max)
        guard version <= Self.version else {
            throw .futureVersion(document: "instance.json", found: version, reader: "slipway", supported: Self.version)
        }
        cluster = try cursor.required("cluster").dnsLabel()
        provider = try cursor.required("provider").name()
        bundleDigest = try cursor.required("bundleDigest").digest()
        baseTree = try cursor.optional("baseTree")?.string()
        isComplete = try cursor.required("complete").bool()
        let entries = try cursor.entries("absentPayloads", limit: BundleDescription.machineLimit) {
            (entry) throws(FormatError) in
            (
                try entry.required("machine").dnsLabel(),
                try entry.required("payloads").list(limit: 1000) { (name) throws(FormatError) in try name.payloadName()
                }
            )
        }
        absentPayloads = Dictionary(entries) { first, _ in first }
        untold = try cursor.entries("untold", limit: BundleDescription.machineLimit) { (name) throws(FormatError) in
            try name.dnsLabel()
        }
        let files = try cursor.entries("bootFiles", limit: 1000) { (entry) throws(FormatError) in
            (try entry.required("payload").payloadName(), try entry.required("file").payloadName())
        }
        bootFiles = Dictionary(files) { first, _ in first }
    }

    /// How the plan's machines boot, by the names of the files here.
    package func boot(of plan: LaunchPlan) -> DirectBoot? {
        plan.boot.map { boot in
            DirectBoot(
                kernel: bootFiles[boot.kernel] ?? boot.kernel, initrd: bootFiles[boot.initrd] ?? boot.initrd,
                arguments: boot.arguments)
        }
    }

    public var json: JSONValue {
        var object = JSONObject([
            ("version", .integer(Self.version)), ("cluster", .string(cluster)), ("provider", .string(provider)),
            ("bundleDigest", .string("\(bundleDigest)")), ("complete", .bool(isComplete)),
            (
                "absentPayloads",
                .array(
                    absentPayloads.sorted { $0.key < $1.key }.map {
                        ["machine": .string($0.key), "payloads": .strings($0.value)]
                    })
            ),
        ])
        object["baseTree"] = baseTree.map { .string($0) }
        if !untold.isEmpty { object["untold"] = .strings(untold) }
        if !bootFiles.isEmpty {
            let files = bootFiles.sorted { $0.key < $1.key }
            object["bootFiles"] = .array(
                files.map { ["payload": .string($0.key), "file": .string($0.value)] })
        }
        return .object(object)
    }
}
