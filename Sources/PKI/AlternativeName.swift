/// A name under which a server is reached: an entry of the subject alternative name extension (RFC 5280, 4.2.1.6).
public struct AlternativeName: Sendable, Hashable {
    enum Value: Sendable, Hashable {
        case dns(String)
        case address([UInt8])
    }

    let value: Value

    /// A host name in ASCII; the whole first label may be `*`.
    ///
    /// - Throws: `PKIError.invalidDNSName` with the rule of RFC 1123 that is broken.
    public static func dns(_ name: String) throws(PKIError) -> AlternativeName {
        func refuse(_ reason: String) -> PKIError { .invalidDNSName(name, reason: reason) }
        guard (1...253).contains(name.utf8.count) else {
            throw refuse("has \(name.utf8.count) characters: 1 to 253 are allowed")
        }
        var labels = name.split(separator: ".", omittingEmptySubsequences: false)
        if labels.first == "*", labels.count > 1 { labels.removeFirst() }
        for label in labels {
            guard (1...63).contains(label.utf8.count) else {
                throw refuse(
                    "has a label of \(label.utf8.count) characters: 1 to 63 are allowed, and no dot at the end")
            }
            guard label.utf8.allSatisfy({ isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }) else {
                throw refuse("has a character other than letters, digits, hyphens and dots: write it in ASCII")
            }
            guard label.first != "-", label.last != "-" else {
                throw refuse("has a label that begins or ends with a hyphen: begin and end with a letter or digit")
            }
        }
        return AlternativeName(value: .dns(name))
    }

    /// An address of 4 (IPv4) or 16 (IPv6) bytes, in network order.
    ///
    /// - Throws: `PKIError.invalidAddress` for any other count.
    public static func address(_ bytes: [UInt8]) throws(PKIError) -> AlternativeName {
        guard bytes.count == 4 || bytes.count == 16 else { throw .invalidAddress("a value of \(bytes.count) bytes") }
        return AlternativeName(value: .address(bytes))
    }

    /// An address in text, e.g. `10.96.0.1` or `fd00::1`.
    ///
    /// - Throws: `PKIError.invalidAddress` if it is none.
    public static func address(_ text: String) throws(PKIError) -> AlternativeName {
        guard let bytes = IPAddressText.bytes(text) else { throw .invalidAddress("\"\(text)\"") }
        return try address(bytes)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}

extension AlternativeName: CustomStringConvertible {
    /// As OpenSSL writes it, e.g. `DNS:localhost` or `IP:10.96.0.1`.
    public var description: String {
        switch value {
        case .dns(let name): "DNS:" + name
        case .address(let bytes): "IP:" + IPAddressText.text(bytes)
        }
    }
}
