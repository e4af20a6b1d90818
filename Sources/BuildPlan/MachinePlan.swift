public import ClusterModel

/// Everything that will exist on one machine. Consumers contribute to it one after another.
public struct MachinePlan: Sendable {
    public let machine: Machine
    public internal(set) var leaves: [LeafPlan] = []
    public internal(set) var accounts: [AccountPlan] = []
    public internal(set) var directories: [DirectoryPlan] = []
    public internal(set) var files: [FilePlan] = []
    public internal(set) var payloads: [PayloadUse] = []
    /// In start order.
    public internal(set) var units: [UnitPlan] = []
    /// The cloud-init documents at the root of the seed: `user-data`, `meta-data`, `network-config`.
    public internal(set) var seedDocuments: [FilePlan] = []

    init(machine: Machine) { self.machine = machine }

    public func leaf(_ kind: LeafKind) -> LeafPlan? { leaves.first { $0.kind == kind } }

    /// Adds a leaf with its certificate and key at `directory/name.crt` and `.key`.
    mutating func add(
        _ leaf: LeafPlan, in directory: String, name: String, chain: Bool = true, owner: String = "root"
    ) {
        leaves.append(leaf)
        files.append(FilePlan("\(directory)/\(name).crt", .leafCertificate(leaf.kind, chain: chain), owner: owner))
        files.append(FilePlan("\(directory)/\(name).key", .leafKey(leaf.kind), owner: owner))
    }
}
