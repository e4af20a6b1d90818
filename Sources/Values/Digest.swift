/// A SHA-256 digest over uncompressed bytes, written `sha256:` and 64 lower-case hexadecimal digits.
///
/// Upper-case digits, other algorithms and surrounding spaces are refused: a digest has one spelling, because it is
/// compared as text in file names and manifests. Ordered as its text is ordered.
/// See the OCI image specification, "Digests".
public struct Digest: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The 32 bytes as four big-endian words, so that comparing words compares bytes.
    private let words: (UInt64, UInt64, UInt64, UInt64)

    /// Why a text is not a digest.
    public struct ParseFailure: Error, Hashable, Sendable, CustomStringConvertible {
        public let text: String
        public let reason: String

        public var description: String {
            "\"\(printable(text))\" is not a digest: \(reason); expected sha256: and 64 lower-case hexadecimal digits"
        }
    }

    /// Stands where a digest is not known yet; no bytes are known that have it.
    public static let none = Digest(words: (0, 0, 0, 0))

    private init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

    /// The number of bytes in a digest.
    public static let byteCount = 32

    /// Takes the 32 bytes a hash function returned; nil when there are not exactly 32.
    public init?(bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        var parts: [UInt64] = [0, 0, 0, 0]
        for (index, byte) in bytes.enumerated() {
            parts[index / 8] = parts[index / 8] << 8 | UInt64(byte)
        }
        words = (parts[0], parts[1], parts[2], parts[3])
    }

    /// Parses the one accepted spelling.
    public init(parsing text: String) throws(ParseFailure) {
        let prefix = "sha256:"
        guard text.utf8.starts(with: prefix.utf8) else {
            throw ParseFailure(text: text, reason: "it does not begin with sha256:")
        }
        try self.init(hex: text.utf8.dropFirst(prefix.utf8.count), of: text)
    }

    /// Parses the 64 digits alone, as they stand in `blobs/sha256/<hex>`.
    public init(hex: String) throws(ParseFailure) {
        try self.init(hex: hex.utf8[...], of: hex)
    }

    private init(hex: Substring.UTF8View, of text: String) throws(ParseFailure) {
        guard hex.count == 2 * Self.byteCount else {
            throw ParseFailure(text: text, reason: "it has \(hex.count) digits instead of 64")
        }
        var parts: [UInt64] = [0, 0, 0, 0]
        for (index, character) in hex.enumerated() {
            let nibble: UInt8
            switch character {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): nibble = character - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): nibble = character - UInt8(ascii: "a") + 10
            default: throw ParseFailure(text: text, reason: "digit \(index + 1) is not one of 0-9 and a-f")
            }
            parts[index / 16] = parts[index / 16] << 4 | UInt64(nibble)
        }
        words = (parts[0], parts[1], parts[2], parts[3])
    }

    /// The 32 bytes.
    public var bytes: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(Self.byteCount)
        for word in [words.0, words.1, words.2, words.3] {
            for shift in stride(from: 56, through: 0, by: -8) {
                result.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
            }
        }
        return result
    }

    /// The 64 lower-case hexadecimal digits.
    public var hex: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(2 * Self.byteCount)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    public var description: String { "sha256:" + hex }

    /// Where the OCI image layout keeps the blob: `blobs/sha256/<hex>`.
    public var blobPath: String { "blobs/sha256/" + hex }

    public static func == (left: Digest, right: Digest) -> Bool { left.words == right.words }
    public static func < (left: Digest, right: Digest) -> Bool { left.words < right.words }
    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }
}

/// Lower-case hexadecimal text.
public enum Hexadecimal {
    public static func byte(_ value: UInt8) -> String {
        value < 16 ? "0" + String(value, radix: 16) : String(value, radix: 16)
    }

    /// The value of a digit in either case, given as ASCII; nil when it is none.
    public static func digit(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// Two digits for each byte.
    public static func text(_ bytes: some Sequence<UInt8>) -> String { bytes.map(byte).joined() }
}
