public import Values

/// An IPv4 network that an interface of this host is in.
public struct HostNetwork: Hashable, Sendable {
    public let interface: String
    /// The interface's own.
    public let address: IPv4Address
    public let network: IPv4Network

    /// - Returns: nil for a prefix length that is none of 0 to 32.
    public init?(interface: String, address: IPv4Address, prefixLength: Int) {
        guard let network = IPv4Network(containing: address, prefixLength: prefixLength) else { return nil }
        self.interface = interface
        self.address = address
        self.network = network
    }
}

extension HostNetwork: CustomStringConvertible {
    public var description: String { "\(address)/\(network.prefixLength)" }
}
