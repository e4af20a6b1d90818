import Crypto

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
