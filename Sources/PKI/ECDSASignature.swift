import Crypto

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

    /// The signature blob of RFC 5656, 3.1.2, as SSH certificates carry it.
    var sshBlob: [UInt8] {
        SSHWire.data {
            $0.string("ecdsa-sha2-nistp256")
            $0.string(
                SSHWire.data { pair in
                    pair.mpint(r)
                    pair.mpint(s)
                })
        }
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

/// The sequence of nonces k for one key and one message hash: RFC 6979, 3.2, with HMAC-SHA256.
///
/// The first one is nearly always the one used; the next is only asked for if it gave r = 0 or s = 0.
struct DeterministicNonces {
    private var key: SymmetricKey
    private var value: [UInt8]

    /// Steps b to g.
    init(privateScalar: Scalar, hash: [UInt8]) {
        let seed = privateScalar.bytes + Scalar(reducing: hash).bytes
        key = SymmetricKey(data: [UInt8](repeating: 0, count: 32))
        value = [UInt8](repeating: 1, count: 32)
        update(with: [0] + seed)
        update(with: [1] + seed)
    }

    /// Step h: the next nonce from 1 to n - 1.
    mutating func next() -> Scalar {
        while true {
            value = authenticate(value)
            let candidate = Scalar(bytes: value)
            // The state moves on even if the candidate is good, so that a further call gives a further nonce.
            update(with: [0])
            if let candidate, candidate != .zero { return candidate }
        }
    }

    private mutating func update(with data: [UInt8]) {
        key = SymmetricKey(data: authenticate(value + data))
        value = authenticate(value)
    }

    private func authenticate(_ data: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: data, using: key))
    }
}
