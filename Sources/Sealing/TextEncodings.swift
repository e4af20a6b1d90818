import Foundation
import HostSystem

/// Base64 without padding, in its one canonical spelling (RFC 4648, 3.5 and 4), as age headers have it.
enum RawBase64 {
    static func text(_ bytes: some Collection<UInt8>) -> String {
        String(Data(bytes).base64EncodedString().prefix { $0 != "=" })
    }

    /// Nil for any other character, for padding, and when bits that stand for nothing are not zero.
    static func bytes(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count * 3 / 4)
        var (held, bits): (UInt32, UInt32) = (0, 0)
        for character in text {
            guard let value = value(of: character) else { return nil }
            (held, bits) = (held << 6 | UInt32(value), bits + 6)
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: held >> bits))
            }
        }
        return held & (1 << bits - 1) == 0 ? bytes : nil
    }

    private static func value(of character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}

/// Bech32 (BIP 173) without its limit of length, as age writes keys.
enum Bech32 {
    private static let alphabet = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l".utf8)
    private static let checksumCount = 6

    /// The bytes of a text with this human-readable part in lower case; nil when anything about it is not as it must be.
    ///
    /// Whoever decodes a private key overwrites what comes of it.
    static func bytes(_ text: some BidirectionalCollection<UInt8>, prefix: String) -> [UInt8]? {
        let isUpper = text.contains { (0x41...0x5A).contains($0) }
        guard !isUpper || !text.contains(where: { (0x61...0x7A).contains($0) }) else { return nil }
        var lower = text.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        defer { SecretBytes.erase(&lower) }
        guard let separator = lower.lastIndex(of: UInt8(ascii: "1")), lower[..<separator].elementsEqual(prefix.utf8),
            lower.count - separator - 1 >= checksumCount
        else { return nil }
        var values: [UInt8] = []
        // Room from the start: an array that grows leaves what it held behind.
        values.reserveCapacity(lower.count)
        defer { SecretBytes.erase(&values) }
        for character in lower[(separator + 1)...] {
            guard let value = alphabet.firstIndex(of: character) else { return nil }
            values.append(UInt8(value))
        }
        guard checksum(prefix, values) == 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(values.count)
        var (held, bits): (UInt32, UInt32) = (0, 0)
        for value in values.dropLast(checksumCount) {
            (held, bits) = ((held << 5 | UInt32(value)) & 0xFFF, bits + 5)
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: held >> bits))
            }
        }
        return bits < 5 && held & (1 << bits - 1) == 0 ? bytes : nil
    }

    static func text(_ bytes: [UInt8], prefix: String) -> String {
        var values: [UInt8] = []
        var (held, bits): (UInt32, UInt32) = (0, 0)
        for byte in bytes {
            (held, bits) = ((held << 8 | UInt32(byte)) & 0xFFFF, bits + 8)
            while bits >= 5 {
                bits -= 5
                values.append(UInt8(held >> bits & 31))
            }
        }
        if bits > 0 { values.append(UInt8(held << (5 - bits) & 31)) }
        let sum = checksum(prefix, values + [UInt8](repeating: 0, count: checksumCount)) ^ 1
        for place in 0..<UInt32(checksumCount) { values.append(UInt8(sum >> (25 - 5 * place) & 31)) }
        return prefix + "1" + String(decoding: values.map { alphabet[Int($0)] }, as: UTF8.self)
    }

    /// The polynomial of BIP 173 over the expanded prefix and the values.
    private static func checksum(_ prefix: String, _ values: [UInt8]) -> UInt32 {
        var sum: UInt32 = 1
        for value in prefix.utf8.map({ $0 >> 5 }) + [0] + prefix.utf8.map({ $0 & 31 }) + values {
            let top = sum >> 25
            sum = (sum & 0x1FF_FFFF) << 5 ^ UInt32(value)
            for (bit, generator) in [0x3B6A_57B2, 0x2650_8E6D, 0x1EA1_19FA, 0x3D42_33DD, 0x2A14_62B3].enumerated()
            where top >> UInt32(bit) & 1 == 1 {
                sum ^= UInt32(generator)
            }
        }
        return sum
    }
}
