public import Values

/// The launch definitions of a bundle: its machines and the network they share.
///
/// What is decoded is fit for command lines: a name is a DNS label, an address lies in the subnet, no two machines share
/// an identity.
public struct LaunchPlan: Hashable, Sendable {
    public static let version: Int64 = 1

    public let cluster: String
    public let architecture: Architecture
    /// Whether machines are containers on the host's kernel.
    public let sharesKernel: Bool
    public let subnet: IPv4Network
    /// In the subnet.
    public let gateway: IPv4Address
    /// Nil for an image that boots by itself.
    public let boot: DirectBoot?
    public let machines: [LaunchDefinition]

    /// The volume label of the payload disk that every machine gets, read-only.
    public var depotLabel: String { DepotLayout.label }

    public init(
        cluster: String, architecture: Architecture, sharesKernel: Bool, subnet: IPv4Network, gateway: IPv4Address,
        boot: DirectBoot? = nil, machines: [LaunchDefinition]
    ) {
        self.cluster = cluster
        self.architecture = architecture
        self.sharesKernel = sharesKernel
        self.subnet = subnet
        self.gateway = gateway
        self.boot = boot
        self.machines = machines
    }

    /// Parses and checks the document.
    public init(parsing bytes: [UInt8]) throws(FormatError) {
        let limits = JSONLimits(depth: 8)
        let cursor = JSONCursor(try JSONParser.parse(bytes, limits: limits))
        let version = try cursor.required("version").integer(in: 1 ... .max)
        guard version <= Self.version else {
            throw .futureVersion(
                document: "the launch definitions", found: version, reader: "slipway", supported: Self.version)
        }
        try cursor.only([
            "version", "cluster", "architecture", "sharesKernel", "subnet", "gateway", "depotLabel", "boot", "machines",
        ])
        cluster = try cursor.required("cluster").dnsLabel()
        architecture = try cursor.required("architecture").choice()
        sharesKernel = try cursor.required("sharesKernel").bool()
        subnet = try cursor.required("subnet").ipv4Network()
        gateway = try cursor.required("gateway").ipv4Address()
        let label = try cursor.required("depotLabel")
        guard try label.string() == DepotLayout.label else { throw label.refused("expected \"\(DepotLayout.label)\"") }
        boot = try cursor.optional("boot").map { (entry) throws(FormatError) in try DirectBoot(decoding: entry) }
        machines = try cursor.required("machines").list(limit: BundleDescription.machineLimit) {
            (entry) throws(FormatError) in try LaunchDefinition(decoding: entry)
        }
        try checkConsistency()
    }

    /// Refuses machines that a network cannot hold side by side; the compiler calls it before it writes, the reader after parsing.
    public func checkConsistency() throws(FormatError) {
        guard subnet.contains(gateway) else {
            throw .invalidValue(path: "gateway", reason: "\(gateway) is not in the subnet \(subnet)")
        }
        for (index, machine) in machines.enumerated() {
            let place = "machines[\(index)].address"
            guard subnet.contains(machine.address) else {
                throw .invalidValue(path: place, reason: "\(machine.address) is not in the subnet \(subnet)")
            }
            guard machine.address != gateway else {
                throw .invalidValue(path: place, reason: "\(machine.address) is the gateway's")
            }
        }
        try FormatError.refuseRepeated(machines.map(\.name), in: "machines", member: "name")
        try FormatError.refuseRepeated(machines.map(\.address), in: "machines", member: "address")
        try FormatError.refuseRepeated(machines.map(\.uuid), in: "machines", member: "uuid")
        try FormatError.refuseRepeated(machines.map(\.mac), in: "machines", member: "mac")
        let macs = Set(machines.map(\.mac))
        for (index, machine) in machines.enumerated() {
            guard let mac = machine.forwardMAC, macs.contains(mac) else { continue }
            throw .invalidValue(path: "machines[\(index)].forwardMAC", reason: "\(mac) is also a machine's mac")
        }
        try FormatError.refuseRepeated(machines.map(\.forwardMAC), in: "machines", member: "forwardMAC")
    }

    public var json: JSONValue {
        var object = JSONObject([
            ("version", .integer(Self.version)), ("cluster", .string(cluster)),
            ("architecture", .string(architecture.rawValue)), ("sharesKernel", .bool(sharesKernel)),
            ("subnet", .string("\(subnet)")), ("gateway", .string("\(gateway)")),
            ("depotLabel", .string(DepotLayout.label)), ("machines", .array(machines.map(\.json))),
        ])
        object["boot"] = boot?.json
        return .object(object)
    }
}

/// What a launcher needs to start one machine; plain data, the same for every provider.
public struct LaunchDefinition: Hashable, Sendable {
    /// A DNS label.
    public let name: String
    public let role: Role
    public let uuid: MachineUUID
    public let mac: MACAddress
    public let address: IPv4Address
    public let cpus: Int64
    public let memory: ByteSize
    public let disk: ByteSize
    /// The payload that the machine's disk begins as.
    public let image: String
    /// The address of a second interface, by which a launcher without a network of its own reaches SSH; only the jump
    /// host's. The guest takes its address there by DHCP and no route; that there is no such interface is no error.
    public let forwardMAC: MACAddress?

    /// The title of the machine's seed in the secret part.
    public var seed: String { "\(name).iso" }

    public init(
        name: String, role: Role, uuid: MachineUUID, mac: MACAddress, address: IPv4Address, cpus: Int64,
        memory: ByteSize, disk: ByteSize, image: String, forwardMAC: MACAddress? = nil
    ) {
        self.name = name
        self.role = role
        self.uuid = uuid
        self.mac = mac
        self.address = address
        self.cpus = cpus
        self.memory = memory
        self.disk = disk
        self.image = image
        self.forwardMAC = forwardMAC
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        try cursor.only([
            "name", "role", "uuid", "mac", "address", "cpus", "memoryMiB", "diskMiB", "image", "seed", "forwardMAC",
        ])
        name = try cursor.required("name").dnsLabel()
        role = try cursor.required("role").choice()
        uuid = try cursor.required("uuid").machineUUID()
        mac = try cursor.required("mac").macAddress()
        address = try cursor.required("address").ipv4Address()
        cpus = try cursor.required("cpus").integer(in: 1...1024)
        memory = try cursor.required("memoryMiB").mebibytes()
        disk = try cursor.required("diskMiB").mebibytes()
        image = try cursor.required("image").payloadName()
        forwardMAC = try cursor.optional("forwardMAC")?.macAddress()
        let seed = try cursor.required("seed")
        guard try seed.string() == self.seed else { throw seed.refused("expected \"\(self.seed)\"") }
    }

    var json: JSONValue {
        var object = JSONObject([
            ("name", .string(name)), ("role", .string(role.rawValue)), ("uuid", .string("\(uuid)")),
            ("mac", .string("\(mac)")), ("address", .string("\(address)")), ("cpus", .integer(cpus)),
            ("memoryMiB", .integer(Int64(memory.mebibytes))), ("diskMiB", .integer(Int64(disk.mebibytes))),
            ("image", .string(image)), ("seed", .string(seed)),
        ])
        object["forwardMAC"] = forwardMAC.map { .string("\($0)") }
        return .object(object)
    }
}

/// How a hypervisor starts a guest image that has no boot loader: with a kernel beside it.
public struct DirectBoot: Hashable, Sendable {
    /// What the longest of our kernels' command lines may be, in bytes (COMMAND_LINE_SIZE on arm64 and amd64).
    public static let argumentsLimit = 2048

    /// The payload that is the kernel.
    public let kernel: String
    /// The payload that is the initial file system.
    public let initrd: String
    /// The kernel's command line, printable ASCII.
    public let arguments: String

    public init(kernel: String, initrd: String, arguments: String) {
        self.kernel = kernel
        self.initrd = initrd
        self.arguments = arguments
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        try cursor.only(["kernel", "initrd", "arguments"])
        kernel = try cursor.required("kernel").payloadName()
        initrd = try cursor.required("initrd").payloadName()
        arguments = try cursor.required("arguments").line(limit: Self.argumentsLimit)
    }

    var json: JSONValue {
        ["kernel": .string(kernel), "initrd": .string(initrd), "arguments": .string(arguments)]
    }
}
