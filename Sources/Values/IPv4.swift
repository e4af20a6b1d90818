/// An IPv4 address as a 32-bit number in host order.
public struct IPv4Address: Sendable, Hashable, Comparable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Parses dotted decimal with exactly four parts and no leading zeros (which some tools read as octal).
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy({ (48...57).contains($0) }),
                part == "0" || part.first != "0", let byte = UInt8(part)
            else { return nil }
            value = value << 8 | UInt32(byte)
        }
        rawValue = value
    }

    /// The four bytes in network order.
    public var octets: [UInt8] {
        [UInt8(rawValue >> 24), UInt8(rawValue >> 16 & 255), UInt8(rawValue >> 8 & 255), UInt8(rawValue & 255)]
    }

    /// The address `offset` further on, or `nil` past the end of the address space.
    public func advanced(by offset: Int) -> IPv4Address? {
        UInt32(exactly: Int(rawValue) + offset).map(IPv4Address.init(rawValue:))
    }

    public static func < (lhs: IPv4Address, rhs: IPv4Address) -> Bool { lhs.rawValue < rhs.rawValue }
}

extension IPv4Address: CustomStringConvertible {
    public var description: String {
        "\(rawValue >> 24).\(rawValue >> 16 & 255).\(rawValue >> 8 & 255).\(rawValue & 255)"
    }
}

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

    /// The network of this length that holds an address, or `nil` for a length that is none of 0 to 32.
    public init?(containing address: IPv4Address, prefixLength: Int) {
        guard (0...32).contains(prefixLength) else { return nil }
        self.init(
            address: IPv4Address(rawValue: address.rawValue & Self.mask(prefixLength)), prefixLength: prefixLength)
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
