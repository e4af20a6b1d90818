/// A 48-bit Ethernet address.
public struct MACAddress: Sendable, Hashable {
    /// Six bytes in transmission order.
    public let octets: [UInt8]

    /// Makes a locally administered unicast address (IEEE 802: second-lowest bit of the first byte set, lowest clear)
    /// from the first six bytes of a digest.
    public init(locallyAdministered digest: some Sequence<UInt8>) {
        var bytes = Array(digest.prefix(6))
        bytes += [UInt8](repeating: 0, count: 6 - bytes.count)
        bytes[0] = bytes[0] & 0xFC | 0x02
        octets = bytes
    }

    /// Parses six pairs of hexadecimal digits separated by colons, in either case.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 6 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            // Not `UInt8(_:radix:)`, which takes a sign.
            let digits = part.utf8.compactMap(Hexadecimal.digit)
            guard part.utf8.count == 2, digits.count == 2 else { return nil }
            bytes.append(digits[0] << 4 | digits[1])
        }
        octets = bytes
    }

    /// Whether the address names a single interface, as a machine's own must.
    public var isUnicast: Bool { octets[0] & 1 == 0 && octets.contains { $0 != 0 } }
}

extension MACAddress: CustomStringConvertible {
    /// Lower case with colons, the spelling that cloud-init's `match` compares with.
    public var description: String { octets.map(Hexadecimal.byte).joined(separator: ":") }
}
