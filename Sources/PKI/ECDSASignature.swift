/// An ECDSA signature over P-256: the pair (r, s), each 32 bytes, most significant first.
public struct ECDSASignature: Sendable, Hashable {
    /// r, 32 bytes.
    public let r: [UInt8]
    /// s, 32 bytes; not normalised to the lower half, since RFC 6979, OpenSSL and Go do not either.
    public let s: [UInt8]

    init(r: Scalar, s: Scalar) {
        self.r = r.bytes
        self.s = s.bytes
    }

    /// r and s one after the other, 64 bytes, as in JWS and IEEE P1363.
    public var raw: [UInt8] { r + s }

    /// `ECDSA-Sig-Value` of RFC 3279, 2.2.3, as X.509 and TLS carry it.
    public var der: [UInt8] {
        let content = Self.integer(r) + Self.integer(s)
        return [0x30, UInt8(content.count)] + content
    }

    /// The shortest big-endian form of a positive number whose top bit is clear: DER's INTEGER content, SSH's mpint.
    static func shortestPositive(_ bytes: [UInt8]) -> [UInt8] {
        let trimmed = bytes.drop { $0 == 0 }
        return (trimmed.first ?? 0x80) >= 0x80 ? [0] + trimmed : Array(trimmed)
    }

    private static func integer(_ bytes: [UInt8]) -> [UInt8] {
        let content = shortestPositive(bytes)
        return [0x02, UInt8(content.count)] + content
    }
}
