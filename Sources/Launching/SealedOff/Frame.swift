package import Values

/// An Ethernet frame that a machine sent, as far as it tells who wanted to reach what outside. Frames come from machines, which may
/// send whatever they like: everything is looked at within its bounds.
package struct Frame: Hashable, Sendable {
    package enum Transport: Hashable, Sendable, CustomStringConvertible {
        case tcp, udp, icmp
        /// Any other, by its number in the IP header.
        case other(UInt8)

        init(_ number: UInt8) {
            switch number {
            case 6: self = .tcp
            case 17: self = .udp
            case 1, 58: self = .icmp
            default: self = .other(number)
            }
        }

        package var description: String {
            switch self {
            case .tcp: "tcp"
            case .udp: "udp"
            case .icmp: "icmp"
            case .other(let number): "ip-\(number)"
            }
        }
    }

    /// The sender's card.
    package let source: MACAddress
    /// An address of either family, as people write it.
    package let destination: String
    package let transport: Transport
    /// Nil where the transport has none, and in the later pieces of a packet that was cut up.
    package let port: UInt16?
    package let sourcePort: UInt16?
    /// The name that a DNS question asks for.
    package let name: String?

    private init(
        _ source: MACAddress, _ destination: String, _ transport: Transport, _ payload: ArraySlice<UInt8>,
        isFirstPiece: Bool
    ) {
        self.source = source
        self.destination = destination
        self.transport = transport
        let ports = isFirstPiece && (transport == .tcp || transport == .udp) && payload.count >= 4
        sourcePort = ports ? payload.number16(at: 0) : nil
        port = ports ? payload.number16(at: 2) : nil
        // TCP's questions have their length in front, and come when the connection stands, which none does here.
        name = transport == .udp && port == 53 ? Self.question(in: payload.dropFirst(8)) : nil
    }

    /// Reads a frame that was sent out of the machines' network, or to the one address in it that is nobody's machine: the gateway's.
    ///
    /// What stays on the wire is no attempt to leave: groups and broadcasts (ARP, mDNS, DHCP, router solicitations), addresses
    /// of the link itself, and machines among each other. Of what is sent to the gateway itself only what begins something counts:
    /// this host, whose address that is, is answered there.
    ///
    /// - Returns: nil for what is no attempt.
    package init?(leaving frame: [UInt8], subnet: IPv4Network, gateway: IPv4Address) {
        guard frame.count >= 34, frame[0] & 1 == 0, let source = MACAddress(frame[6..<12]) else { return nil }
        switch frame[...].number16(at: 12) {
        case 0x0800: self.init(ipv4: frame[14...], source, subnet, gateway)
        case 0x86DD: self.init(ipv6: frame[14...], source)
        default: return nil
        }
    }

    /// RFC 791, 3.1.
    private init?(ipv4 packet: ArraySlice<UInt8>, _ source: MACAddress, _ subnet: IPv4Network, _ gateway: IPv4Address) {
        let header = Int(packet[packet.startIndex] & 15) * 4
        guard packet[packet.startIndex] >> 4 == 4, header >= 20, packet.count >= header else { return nil }
        let address = IPv4Address(rawValue: packet.number32(at: 16))
        let (isGroup, isThisNetwork) = (address.rawValue >> 28 >= 14, address.rawValue >> 24 == 0)
        let isOfLink = address.rawValue >> 16 == 0xA9FE || address.rawValue >> 24 == 127
        guard !isGroup, !isThisNetwork, !isOfLink else { return nil }
        let transport = Transport(packet[packet.startIndex + 9])
        let payload = packet.dropFirst(header)
        if subnet.contains(address) {
            guard address == gateway else { return nil }
            switch transport {
            case .udp: break
            // SYN without ACK (RFC 9293, 3.1).
            case .tcp: guard payload.count >= 14, payload[payload.startIndex + 13] & 0x12 == 0x02 else { return nil }
            default: return nil
            }
        }
        self.init(
            source, "\(address)", transport, payload, isFirstPiece: packet.number16(at: 6) & 0x1FFF == 0)
    }

    /// RFC 8200, 3. Headers between are not followed: such packets are counted by their first one.
    private init?(ipv6 packet: ArraySlice<UInt8>, _ source: MACAddress) {
        guard packet.count >= 40, packet[packet.startIndex] >> 4 == 6 else { return nil }
        let groups = (0..<8).map { packet.number16(at: 24 + $0 * 2) }
        let isOfLink = groups[0] & 0xFFC0 == 0xFE80 || groups.dropLast().allSatisfy { $0 == 0 }
        guard !isOfLink, groups[0] >> 8 != 0xFF else { return nil }
        self.init(
            source, groups.map { String($0, radix: 16) }.joined(separator: ":"),
            Transport(packet[packet.startIndex + 6]), packet.dropFirst(40), isFirstPiece: true)
    }

    /// The first name of a question (RFC 1035, 4.1); nil for what is none. Only characters of host names are kept.
    private static func question(in message: ArraySlice<UInt8>) -> String? {
        guard message.count > 12, message[message.startIndex + 2] & 0x80 == 0, message.number16(at: 4) > 0 else {
            return nil
        }
        var (labels, place): ([String], Int) = ([], message.startIndex + 12)
        var length = 0
        while place < message.endIndex, message[place] != 0 {
            let count = Int(message[place])
            length += count + 1
            guard count < 64, length < 255, place + count < message.endIndex else { return nil }
            let label = message[place + 1...place + count]
            labels.append(
                String(
                    decoding: label.map { byte in
                        let isPlain =
                            (48...57).contains(byte) || (97...122).contains(byte | 0x20) || byte == 45 || byte == 95
                        return isPlain ? byte : UInt8(ascii: "?")
                    }, as: UTF8.self))
            place += count + 1
        }
        guard place < message.endIndex else { return nil }
        return labels.isEmpty ? "." : labels.joined(separator: ".")
    }
}

extension Frame {
    /// The answer to a machine that asks for the gateway's card (RFC 826), for a network in which nobody else would give one: only a
    /// machine that has it sends what is meant for outside. Nil when the frame is no such question.
    package static func answer(to frame: [UInt8], gateway: IPv4Address, card: MACAddress) -> [UInt8]? {
        let request: [UInt8] = [8, 6, 0, 1, 8, 0, 6, 4, 0, 1]
        guard frame.count >= 42, Array(frame[12..<22]) == request, Array(frame[38..<42]) == gateway.octets else {
            return nil
        }
        let asking = frame[22..<32]
        return frame[6..<12] + card.octets + [8, 6, 0, 1, 8, 0, 6, 4, 0, 2] + card.octets + gateway.octets + asking
    }
}

extension ArraySlice<UInt8> {
    /// In network order, at a place that is within bounds.
    fileprivate func number16(at offset: Int) -> UInt16 {
        UInt16(self[startIndex + offset]) << 8 | UInt16(self[startIndex + offset + 1])
    }

    fileprivate func number32(at offset: Int) -> UInt32 {
        UInt32(number16(at: offset)) << 16 | UInt32(number16(at: offset + 2))
    }
}

extension MACAddress {
    /// From the six bytes of a frame.
    fileprivate init?(_ bytes: ArraySlice<UInt8>) { self.init(bytes.map(Hexadecimal.byte).joined(separator: ":")) }
}
