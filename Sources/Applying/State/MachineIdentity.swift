import BundleFormat

/// `identity.json`: which machine of which cluster this is, so that another machine's seed is refused.
struct MachineIdentity: Hashable, CustomStringConvertible {
    let cluster: String
    let machine: String

    init(cluster: String, machine: String) {
        self.cluster = cluster
        self.machine = machine
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        cluster = try cursor.required("cluster").string()
        machine = try cursor.required("machine").string()
    }

    var json: JSONValue { ["cluster": .string(cluster), "machine": .string(machine)] }

    var description: String { "machine \(machine) of cluster \(cluster)" }
}
