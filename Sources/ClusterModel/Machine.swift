public import Diagnostics
public import Values

/// One machine of the cluster, fully resolved.
public struct Machine: Sendable, Hashable {
    /// Host name, an RFC 1123 label, unique in the cluster.
    public let name: String
    public let role: Role
    public let address: IPv4Address
    /// Derived from the cluster's and the machine's name unless the topology sets it.
    public let mac: MACAddress
    /// The address of a second interface, by which a launcher without a network of its own reaches the machine: the jump
    /// host's SSH, and the cluster's API. Where there is no such interface, nothing is missing.
    public let forwardMAC: MACAddress?
    public let uuid: MachineUUID
    public let size: MachineSize
    /// What the topology asks for beside what the role needs; nil when it asks for nothing.
    public let packages: PackageSet?
    /// Position among the machines of its role, from 0, in the order of the topology.
    public let ordinal: Int
    /// Where the topology names it; the group's place for a member of a group.
    public let position: SourcePosition
    /// Where the topology gives its address, or its group's first.
    let addressPosition: SourcePosition
    /// The topology's entry for it or its group, such as `machines[3]`.
    let entry: String
    /// Whether the topology gives its MAC address.
    let isMACWritten: Bool
}

/// The virtual hardware of a machine.
public struct MachineSize: Sendable, Hashable {
    public var cpus: Int
    public var memory: ByteSize
    public var disk: ByteSize
}

extension Role {
    /// What a machine of this role gets when the topology does not say.
    var defaultSize: MachineSize {
        switch self {
        case .loadBalancer, .etcd: MachineSize(cpus: 2, memory: .gibibytes(2), disk: .gibibytes(20))
        case .vault, .jump: MachineSize(cpus: 2, memory: .gibibytes(4), disk: .gibibytes(20))
        case .controlPlane: MachineSize(cpus: 2, memory: .gibibytes(4), disk: .gibibytes(30))
        case .worker: MachineSize(cpus: 2, memory: .gibibytes(6), disk: .gibibytes(40))
        }
    }
}
