/// One machine in the bundle description.
public struct DescribedMachine: Hashable, Sendable {
    public let name: String
    public let role: String
    /// IPv4 in dotted decimal.
    public let address: String
    /// Lower case with colons.
    public let mac: String
    /// The line of the topology that describes it.
    public let line: Int64
    /// In the order they are placed.
    public let files: [DescribedFile]
    /// In start order.
    public let units: [String]

    public init(
        name: String, role: String, address: String, mac: String, line: Int64, files: [DescribedFile], units: [String]
    ) {
        self.name = name
        self.role = role
        self.address = address
        self.mac = mac
        self.line = line
        self.files = files
        self.units = units
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        name = try cursor.required("name").name()
        role = try cursor.required("role").name()
        address = try cursor.required("address").name()
        mac = try cursor.required("mac").name()
        line = try cursor.required("line").integer(in: 0 ... .max)
        files = try cursor.required("files").list(limit: MachineManifest.listLimit) { (entry) throws(FormatError) in
            try DescribedFile(decoding: entry)
        }
        units = try cursor.required("units").list(limit: 1000) { (entry) throws(FormatError) in try entry.name() }
    }

    public var json: JSONValue {
        [
            "name": .string(name), "role": .string(role), "address": .string(address), "mac": .string(mac),
            "line": .integer(line), "files": .array(files.map(\.json)), "units": .strings(units),
        ]
    }
}
