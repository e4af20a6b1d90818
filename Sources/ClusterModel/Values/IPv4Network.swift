/// An IPv4 network in CIDR notation; its address has no host bits.
public struct IPv4Network: Sendable, Hashable {
    public let address: IPv4Address
    /// 0 to 32.
    public let prefixLength: Int

    /// Why a text is not a network.
    public enum ParseFailure: Error, Hashable, Sendable {
        case notCIDR
        /// Host bits are set; the associated value is the network that was probably meant.
        case hostBits(IPv4Network)
    }

    private init(address: IPv4Address, prefixLength: Int) {
        self.address = address
        self.prefixLength = prefixLength
    }

    /// Parses `10.96.0.0/12`.
    public init(parsing text: String) throws(ParseFailure) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPv4Address(parts[0]), let length = Int(parts[1]),
            (0...32).contains(length), String(length) == parts[1]
        else { throw .notCIDR }
        let masked = IPv4Address(rawValue: address.rawValue & Self.mask(length))
        guard masked == address else { throw .hostBits(IPv4Network(address: masked, prefixLength: length)) }
        self.init(address: address, prefixLength: length)
    }

    private static func mask(_ length: Int) -> UInt32 { length == 0 ? 0 : ~0 << UInt32(32 - length) }

    /// Number of addresses, the network and broadcast addresses included.
    public var count: Int { 1 << (32 - prefixLength) }

    public var broadcast: IPv4Address { IPv4Address(rawValue: address.rawValue | ~Self.mask(prefixLength)) }

    public var netmask: IPv4Address { IPv4Address(rawValue: Self.mask(prefixLength)) }

    public func contains(_ other: IPv4Address) -> Bool { other.rawValue & Self.mask(prefixLength) == address.rawValue }

    public func overlaps(_ other: IPv4Network) -> Bool { contains(other.address) || other.contains(address) }

    /// The address at `offset` inside the network, or `nil` outside.
    public func host(_ offset: Int) -> IPv4Address? {
        guard (0..<count).contains(offset) else { return nil }
        return address.advanced(by: offset)
    }

    /// The `index`-th network of `length` bits inside this one, or `nil` when there is none.
    public func subnetwork(_ index: Int, prefixLength length: Int) -> IPv4Network? {
        guard (prefixLength...32).contains(length), (0..<(1 << (length - prefixLength))).contains(index) else {
            return nil
        }
        return address.advanced(by: index << (32 - length)).map { IPv4Network(address: $0, prefixLength: length) }
    }
}

extension IPv4Network: CustomStringConvertible {
    public var description: String { "\(address)/\(prefixLength)" }
}
