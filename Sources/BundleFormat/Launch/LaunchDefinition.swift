/// What a launcher needs to start one machine; plain data, the same for every provider.
public struct LaunchDefinition: Hashable, Sendable {
    public let name: String
    public let role: String
    /// Upper case with dashes.
    public let uuid: String
    /// Lower case with colons.
    public let mac: String
    /// IPv4 in dotted decimal.
    public let address: String
    public let cpus: Int64
    /// MiB.
    public let memory: Int64
    /// MiB.
    public let disk: Int64
    /// The payload that the machine's disk begins as.
    public let image: String
    /// The title of the machine's seed in the secret part.
    public let seed: String
    /// The address of a second interface, by which a launcher without a network of its own reaches SSH; only the jump
    /// host's. The guest takes its address there by DHCP and no route; that there is no such interface is no error.
    public let forwardMAC: String?

    public init(
        name: String, role: String, uuid: String, mac: String, address: String, cpus: Int64, memory: Int64,
        disk: Int64, image: String, seed: String, forwardMAC: String? = nil
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
        self.seed = seed
        self.forwardMAC = forwardMAC
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        try cursor.only([
            "name", "role", "uuid", "mac", "address", "cpus", "memoryMiB", "diskMiB", "image", "seed", "forwardMAC",
        ])
        name = try cursor.required("name").name()
        role = try cursor.required("role").name()
        uuid = try cursor.required("uuid").name()
        mac = try cursor.required("mac").name()
        address = try cursor.required("address").name()
        cpus = try cursor.required("cpus").integer(in: 1...1024)
        memory = try cursor.required("memoryMiB").integer(in: 1...(1 << 30))
        disk = try cursor.required("diskMiB").integer(in: 1...(1 << 30))
        image = try cursor.required("image").name()
        seed = try cursor.required("seed").relativePath()
        forwardMAC = try cursor.optional("forwardMAC")?.name()
    }

    var json: JSONValue {
        var object = JSONObject([
            ("name", .string(name)), ("role", .string(role)), ("uuid", .string(uuid)), ("mac", .string(mac)),
            ("address", .string(address)), ("cpus", .integer(cpus)), ("memoryMiB", .integer(memory)),
            ("diskMiB", .integer(disk)), ("image", .string(image)), ("seed", .string(seed)),
        ])
        object["forwardMAC"] = forwardMAC.map { .string($0) }
        return .object(object)
    }
}
