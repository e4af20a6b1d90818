/// The launch definitions of a bundle: its machines and the network they share.
public struct LaunchPlan: Hashable, Sendable {
    public static let version: Int64 = 1

    public let cluster: String
    /// `arm64` or `amd64`.
    public let architecture: String
    /// Whether machines are containers on the host's kernel.
    public let sharesKernel: Bool
    /// CIDR notation.
    public let subnet: String
    public let gateway: String
    /// The volume label of the payload disk that every machine gets, read-only.
    public let depotLabel: String
    /// Nil for an image that boots by itself.
    public let boot: DirectBoot?
    public let machines: [LaunchDefinition]

    public init(
        cluster: String, architecture: String, sharesKernel: Bool, subnet: String, gateway: String,
        depotLabel: String = "SLIPWAY", boot: DirectBoot? = nil, machines: [LaunchDefinition]
    ) {
        self.cluster = cluster
        self.architecture = architecture
        self.sharesKernel = sharesKernel
        self.subnet = subnet
        self.gateway = gateway
        self.depotLabel = depotLabel
        self.boot = boot
        self.machines = machines
    }

    /// Parses and checks the document.
    public init(parsing bytes: [UInt8]) throws(FormatError) {
        let limits = JSONLimits(byteCount: 64 << 20, depth: 8)
        let cursor = JSONCursor(try JSONParser.parse(bytes, limits: limits))
        let version = try cursor.required("version").integer(in: 1 ... .max)
        guard version <= Self.version else {
            throw .futureVersion(
                document: "the launch definitions", found: version, reader: "slipway", supported: Self.version)
        }
        cluster = try cursor.required("cluster").name()
        architecture = try cursor.required("architecture").oneOf(["arm64", "amd64"])
        sharesKernel = try cursor.required("sharesKernel").bool()
        subnet = try cursor.required("subnet").name()
        gateway = try cursor.required("gateway").name()
        depotLabel = try cursor.required("depotLabel").name()
        boot = try cursor.optional("boot").map { (entry) throws(FormatError) in try DirectBoot(decoding: entry) }
        machines = try cursor.required("machines").list(limit: BundleDescription.machineLimit) {
            (entry) throws(FormatError) in try LaunchDefinition(decoding: entry)
        }
    }

    public var json: JSONValue {
        var object = JSONObject([
            ("version", .integer(Self.version)), ("cluster", .string(cluster)), ("architecture", .string(architecture)),
            ("sharesKernel", .bool(sharesKernel)), ("subnet", .string(subnet)), ("gateway", .string(gateway)),
            ("depotLabel", .string(depotLabel)), ("machines", .array(machines.map(\.json))),
        ])
        object["boot"] = boot?.json
        return .object(object)
    }
}
