import TestSupport

/// Changes inputs at random, with a little knowledge of what readers look for: words of the format, numbers at the edges of their
/// range, lengths, repetition, pieces of other inputs.
struct Mutator {
    var random: SeededGenerator
    /// Words of the format.
    private let tokens: [[UInt8]]
    /// The most bytes of an input.
    private let limit: Int

    init(seed: UInt64, tokens: [[UInt8]], limit: Int) {
        random = SeededGenerator(seed: seed)
        self.tokens = tokens
        self.limit = limit
    }

    /// One to eight changes of `input`.
    mutating func mutate(_ input: [UInt8], with other: [UInt8]) -> [UInt8] {
        var bytes = input
        // Mostly few: many changes at once are refused for the first of them.
        var changes = 1
        while changes < 8, Bool.random(using: &random) { changes += 1 }
        for _ in 0..<changes { change(&bytes, other) }
        if bytes.count > limit { bytes.removeLast(bytes.count - limit) }
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8], _ other: [UInt8]) {
        guard !bytes.isEmpty else {
            bytes = other
            return
        }
        let at = place(in: bytes)
        let end = min(bytes.count, at + length())
        switch Int.random(in: 0..<14, using: &random) {
        case 0: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes[at] = .random(in: 0...255, using: &random)
        case 2: bytes.removeSubrange(at..<end)
        case 3: bytes.insert(contentsOf: bytes[at..<end], at: place(in: bytes))
        case 4: bytes.removeLast(bytes.count - at)
        case 5, 6: bytes.insert(contentsOf: token(), at: at)
        case 7, 8:
            let word = token()
            bytes.replaceSubrange(at..<min(bytes.count, at + word.count), with: word)
        case 9: splice(&bytes, other, at)
        case 10: replaceNumber(&bytes, at)
        case 11: replaceBinaryNumber(&bytes, at)
        case 12: swapLines(&bytes)
        default: repeatPiece(&bytes, at..<end)
        }
    }

    /// Where something stands: formats with padding are mostly zeros, in which nobody reads.
    private mutating func place(in bytes: [UInt8]) -> Int {
        var at = Int.random(in: bytes.indices, using: &random)
        for _ in 0..<8 where bytes[at] == 0 { at = Int.random(in: bytes.indices, using: &random) }
        return at
    }

    private mutating func length() -> Int {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: 1
        case 1: Int.random(in: 1...16, using: &random)
        case 2: Int.random(in: 1...128, using: &random)
        default: Int.random(in: 1...2048, using: &random)
        }
    }

    private mutating func token() -> [UInt8] { tokens.randomElement(using: &random) ?? [0] }

    private mutating func splice(_ bytes: inout [UInt8], _ other: [UInt8], _ at: Int) {
        guard !other.isEmpty else { return }
        let from = place(in: other)
        let piece = other[from..<min(other.count, from + length())]
        if Bool.random(using: &random) {
            bytes.insert(contentsOf: piece, at: at)
        } else {
            bytes.replaceSubrange(at..<min(bytes.count, at + piece.count), with: piece)
        }
    }

    /// The digits at a place, or the next ones, become a number that readers stumble over.
    private mutating func replaceNumber(_ bytes: inout [UInt8], _ at: Int) {
        func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
        guard let start = bytes[at...].firstIndex(where: isDigit) else { return }
        let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.endIndex
        let numbers = [
            "0", "1", "-1", "7", "10", "100", "255", "256", "999", "1000", "65535", "65536", "99999", "100000",
            "2147483647",
            "4294967295", "4294967296", "9223372036854775807", "9223372036854775808", "18446744073709551616", "00",
            "0x10",
            "1e9", "1.5", "77777777777", "00000000000",
        ]
        bytes.replaceSubrange(start..<end, with: Array((numbers.randomElement(using: &random) ?? "0").utf8))
    }

    /// One, two, four or eight bytes in either order.
    private mutating func replaceBinaryNumber(_ bytes: inout [UInt8], _ at: Int) {
        let values: [UInt64] = [
            0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF,
            0x7FFF_FFFF_FFFF_FFFF, .max,
        ]
        let value = values.randomElement(using: &random) ?? 0
        let width = [1, 2, 4, 8].randomElement(using: &random) ?? 1
        let isLittle = Bool.random(using: &random)
        for index in 0..<width where at + index < bytes.count {
            let shift = UInt64(8 * (isLittle ? index : width - 1 - index))
            bytes[at + index] = UInt8(truncatingIfNeeded: value >> shift)
        }
    }

    private mutating func swapLines(_ bytes: inout [UInt8]) {
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        guard lines.count > 1 else { return }
        lines.swapAt(
            Int.random(in: lines.indices, using: &random), Int.random(in: lines.indices, using: &random))
        bytes = Array(lines.joined(separator: [0x0A]))
    }

    /// The same again and again, as deep and as long as fits.
    private mutating func repeatPiece(_ bytes: inout [UInt8], _ range: Range<Int>) {
        let piece = bytes[range]
        let room = max(0, limit - bytes.count) / max(1, piece.count)
        let times = min(room, 1 << Int.random(in: 0...12, using: &random))
        bytes.insert(contentsOf: repeatElement(piece, count: times).joined(), at: range.lowerBound)
    }
}
