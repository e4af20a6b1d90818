public import Diagnostics

/// One machine of the cluster, fully resolved.
public struct Machine: Sendable, Hashable {
    /// Host name, an RFC 1123 label, unique in the cluster.
    public let name: String
    public let role: Role
    public let address: IPv4Address
    /// Derived from the cluster's and the machine's name unless the topology sets it.
    public let mac: MACAddress
    /// The address of a second interface, by which a launcher without a network of its own reaches the machine; only the
    /// jump host's. Where there is no such interface, nothing is missing.
    public let forwardMAC: MACAddress?
    public let uuid: MachineUUID
    public let size: MachineSize
    /// Position among the machines of its role, from 0, in the order of the topology.
    public let ordinal: Int
    /// Where the topology names it; the group's place for a member of a group.
    public let position: SourcePosition
    /// Where the topology gives its address, or its group's first.
    let addressPosition: SourcePosition
}
