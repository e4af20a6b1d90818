/// An IPv4 network that an interface of this host is in.
public struct HostNetwork: Hashable, Sendable {
    public let interface: String
    /// In host byte order.
    public let address: UInt32
    public let prefix: Int

    public init(interface: String, address: UInt32, prefix: Int) {
        self.interface = interface
        self.address = address
        self.prefix = prefix
    }

    /// Parses `192.168.64.1/24`.
    public init?(interface: String, _ text: String) {
        let parts = text.split(separator: "/")
        let octets = parts.first?.split(separator: ".", omittingEmptySubsequences: false).compactMap { UInt8($0) } ?? []
        guard parts.count == 2, octets.count == 4, let prefix = Int(parts[1]), (0...32).contains(prefix) else {
            return nil
        }
        self.init(interface: interface, address: octets.reduce(0) { $0 << 8 | UInt32($1) }, prefix: prefix)
    }

    /// Whether an address can be in both.
    public func overlaps(_ other: HostNetwork) -> Bool {
        let shift = UInt32(32 - min(prefix, other.prefix))
        return shift == 32 || address >> shift == other.address >> shift
    }
}

extension HostNetwork: CustomStringConvertible {
    public var description: String { "\(Self.dotted(address))/\(prefix)" }

    /// An address in host byte order as dotted decimal.
    package static func dotted(_ address: UInt32) -> String {
        [24, 16, 8, 0].map { "\(address >> UInt32($0) & 0xFF)" }.joined(separator: ".")
    }
}
