import Crypto
import HostSystem
import Values

/// OpenSSH's Ed25519 keys (RFC 8709), used for X25519 as age uses them.
enum SSHEd25519 {
    static let type = "ssh-ed25519"
    static let label = "age-encryption.org/v1/ssh-ed25519"
    static let firstLine = "-----BEGIN OPENSSH PRIVATE KEY-----"
    private static let lastLine = "-----END OPENSSH PRIVATE KEY-----"

    /// The 32 bytes of a key in the wire encoding; nil for anything else.
    static func publicKey(in wire: [UInt8]) -> [UInt8]? {
        var reader = SSHWireReader(wire)
        guard reader.takes(type), let key = reader.string(), key.count == 32, reader.isAtEnd else { return nil }
        return key
    }

    /// By which a stanza says for whom it is.
    static func tag(_ wire: [UInt8]) -> String { RawBase64.text(Array(SHA256.hash(data: wire).prefix(4))) }

    /// Makes the wrapping depend on the SSH key and not only on the point that follows from it: HKDF of nothing, with the key as salt.
    static func tweak(_ wire: [UInt8]) -> SymmetricKey {
        let extracted = HMAC<SHA256>.authenticationCode(for: [UInt8](), using: SymmetricKey(data: wire))
        return HKDF<SHA256>.expand(pseudoRandomKey: extracted, info: Array(label.utf8), outputByteCount: 32)
    }

    /// Reads a file in the format of OpenSSH's PROTOCOL.key.
    static func privateKey(in text: UnsafeRawBufferPointer, _ path: String) throws(SealingError) -> PrivateKey {
        func refused(_ reason: String) -> SealingError { .notIdentity(path: path, reason: reason) }
        var encoded: [UInt8] = []
        encoded.reserveCapacity(text.count)
        defer { SecretBytes.erase(&encoded) }
        var hasEnded = false
        let lines = unsafe text.split(separator: 10)
        for index in unsafe lines.indices.dropFirst() {
            let line = unsafe lines[index]
            let bare = unsafe line.last == 13 ? unsafe line.dropLast() : unsafe line
            hasEnded = unsafe bare.elementsEqual(lastLine.utf8)
            if hasEnded { break }
            unsafe encoded += bare
        }
        while encoded.last == UInt8(ascii: "=") { encoded.removeLast() }
        guard hasEnded, var file = RawBase64.bytes(encoded) else { throw refused("it is cut off or changed") }
        defer { SecretBytes.erase(&file) }
        var reader = SSHWireReader(file)
        guard reader.bytes(15)?.elementsEqual("openssh-key-v1\0".utf8) == true, let cipher = reader.text(),
            reader.text() != nil, reader.string() != nil
        else { throw refused("it is not in OpenSSH's format") }
        guard cipher == "none" else { throw refused("it is protected by a passphrase of its own") }
        guard reader.number() == 1, let wire = reader.string(), var section = reader.string(), reader.isAtEnd else {
            throw refused("it holds more than one key")
        }
        defer { SecretBytes.erase(&section) }
        guard let key = publicKey(in: wire) else { throw refused("its key is not of type ed25519") }
        var fields = SSHWireReader(section)
        guard let check = fields.number(), fields.number() == check, fields.takes(type), fields.string() == key,
            var pair = fields.string(), pair.count == 64
        else { throw refused("it is damaged") }
        defer { SecretBytes.erase(&pair) }
        // RFC 8032, 5.1.5: the scalar is the first half of the seed's hash.
        let scalar = unsafe SHA512.hash(data: pair[..<32]).withUnsafeBytes { hash in
            try? unsafe Curve25519.KeyAgreement.PrivateKey(rawRepresentation: hash.prefix(32))
        }
        guard let scalar, Array(scalar.publicKey.rawRepresentation) == Curve25519Point.montgomery(ofEdwards: key) else {
            throw refused("its two halves do not belong together")
        }
        return PrivateKey(scalar, wire: wire)
    }
}

/// A number modulo 2^255 - 19, in four 64-bit limbs, least first. For public keys only: how long it takes depends on the number.
struct Curve25519Point {
    private var limbs: (UInt64, UInt64, UInt64, UInt64)

    /// The u of RFC 7748 for a point of RFC 8032, of which only y is looked at: u = (1 + y)/(1 - y). Zero for y = 1, which is of low order.
    static func montgomery(ofEdwards key: [UInt8]) -> [UInt8] {
        var y = [UInt8](key)
        y[31] &= 0x7F
        let number = Curve25519Point(y)
        let one = Curve25519Point((1, 0, 0, 0))
        // 1 - y is 1 + (p - 1)·y.
        let minusOne = Curve25519Point((~18 - 1, ~0, ~0, ~0 >> 1))
        return ((one + number) * (one + minusOne * number).inverse).bytes
    }

    private init(_ limbs: (UInt64, UInt64, UInt64, UInt64)) { self.limbs = limbs }

    private init(_ bytes: [UInt8]) {
        func limb(_ index: Int) -> UInt64 {
            bytes[(8 * index)..<(8 * index + 8)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        limbs = (limb(0), limb(1), limb(2), limb(3))
    }

    /// 32 bytes, least significant first, of the number below 2^255 - 19.
    private var bytes: [UInt8] {
        var words = [limbs.0, limbs.1, limbs.2, limbs.3]
        // Below 2^256, so p goes in at most twice; p + 19 is 2^255.
        for _ in 0..<2 {
            var sum = words
            var carry: UInt64 = 19
            for index in 0..<4 {
                let (value, isOver) = sum[index].addingReportingOverflow(carry)
                (sum[index], carry) = (value, isOver ? 1 : 0)
            }
            guard carry == 1 || sum[3] >> 63 == 1 else { break }
            sum[3] ^= 1 << 63
            words = sum
        }
        return words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * UInt64($0))) } }
    }

    fileprivate static func + (left: Self, right: Self) -> Self {
        reduced([left.limbs.0, left.limbs.1, left.limbs.2, left.limbs.3], plus: right, times: 1)
    }

    fileprivate static func * (left: Self, right: Self) -> Self {
        let (a, b) = ([left.limbs.0, left.limbs.1, left.limbs.2, left.limbs.3], right.limbs)
        var product = [UInt64](repeating: 0, count: 8)
        for (place, word) in [b.0, b.1, b.2, b.3].enumerated() {
            var carry: UInt64 = 0
            for index in 0..<4 {
                product[place + index] = multiplyAdd(a[index], word, product[place + index], &carry)
            }
            product[place + 4] = carry
        }
        // 2^256 is 38.
        return reduced(Array(product[..<4]), plus: Self((product[4], product[5], product[6], product[7])), times: 38)
    }

    /// low + factor·high, brought below 2^256.
    private static func reduced(_ low: [UInt64], plus high: Self, times factor: UInt64) -> Self {
        var words = low
        var carry: UInt64 = 0
        for (index, word) in [high.limbs.0, high.limbs.1, high.limbs.2, high.limbs.3].enumerated() {
            words[index] = multiplyAdd(word, factor, words[index], &carry)
        }
        // What is above bit 256 comes back 38-fold, and once more when that carries.
        while carry > 0 {
            var rest = carry * 38
            carry = 0
            for index in 0..<4 {
                let (value, isOver) = words[index].addingReportingOverflow(rest)
                (words[index], rest) = (value, isOver ? 1 : 0)
            }
            carry = rest
        }
        return Self((words[0], words[1], words[2], words[3]))
    }

    /// a·b + c + carry, of which the upper half becomes the carry.
    private static func multiplyAdd(_ a: UInt64, _ b: UInt64, _ c: UInt64, _ carry: inout UInt64) -> UInt64 {
        let (high, low) = a.multipliedFullWidth(by: b)
        let (first, isOver) = low.addingReportingOverflow(c)
        let (second, isOverAgain) = first.addingReportingOverflow(carry)
        carry = high + (isOver ? 1 : 0) + (isOverAgain ? 1 : 0)
        return second
    }

    /// By Fermat, self^(p-2); zero for zero. The exponent is 2^255 - 21: all ones but for bits 2 and 4.
    private var inverse: Self {
        var power = Self((1, 0, 0, 0))
        for bit in (0..<255).reversed() {
            power = power * power
            if bit != 2, bit != 4 { power = power * self }
        }
        return power
    }
}
