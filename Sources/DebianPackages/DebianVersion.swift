/// A version of a package, ordered as Debian Policy 5.6.12 says: `[epoch:]upstream[-revision]`.
///
/// Two spellings can be one version (`1.0` and `1.00`), so equality is that of the order, not of the text.
public struct DebianVersion: Sendable, Comparable, CustomStringConvertible {
    /// As it was written.
    public let description: String
    private let epoch: Int
    private let upstream: [UInt8]
    private let revision: [UInt8]

    /// Nil when it has characters that Policy does not allow, no upstream part, an epoch above 2³¹ − 1 as in dpkg, or more
    /// than 255 bytes.
    public init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count <= 255 else { return nil }
        var rest = bytes[...]
        var epoch = 0
        if let colon = rest.firstIndex(of: UInt8(ascii: ":")) {
            let digits = rest[..<colon]
            guard !digits.isEmpty, digits.allSatisfy(Self.isDigit),
                let number = Int32(String(decoding: digits, as: UTF8.self))
            else { return nil }
            epoch = Int(number)
            rest = rest[(colon + 1)...]
        }
        let hyphen = rest.lastIndex(of: UInt8(ascii: "-"))
        let upstream = rest[..<(hyphen ?? rest.endIndex)]
        let revision = hyphen.map { rest[($0 + 1)...] } ?? []
        guard !upstream.isEmpty, hyphen == nil || !revision.isEmpty,
            upstream.allSatisfy({ Self.isLetterOrDigit($0) || ".+~-:".utf8.contains($0) }),
            revision.allSatisfy({ Self.isLetterOrDigit($0) || ".+~".utf8.contains($0) })
        else { return nil }
        description = String(text)
        self.epoch = epoch
        self.upstream = Array(upstream)
        self.revision = Array(revision)
    }

    /// The version without its epoch, which file names leave out.
    public var withoutEpoch: String {
        description.firstIndex(of: ":").map { String(description[description.index(after: $0)...]) } ?? description
    }

    public static func < (left: DebianVersion, right: DebianVersion) -> Bool { left.order(right) < 0 }
    public static func == (left: DebianVersion, right: DebianVersion) -> Bool { left.order(right) == 0 }

    /// Below, at or above 0 as this version is earlier, the same or later.
    private func order(_ other: DebianVersion) -> Int {
        if epoch != other.epoch { return epoch - other.epoch }
        let order = Self.order(upstream, other.upstream)
        return order != 0 ? order : Self.order(revision, other.revision)
    }

    /// Compares by turns a part without digits, in an order of its own, and a number.
    private static func order(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var (i, j) = (0, 0)
        while i < left.count || j < right.count {
            while (i < left.count && !isDigit(left[i])) || (j < right.count && !isDigit(right[j])) {
                let difference = weight(left, i) - weight(right, j)
                if difference != 0 { return difference }
                (i, j) = (i + 1, j + 1)
            }
            // Numbers of any length: without their zeros, the longer is the greater, then the first digit that differs decides.
            while i < left.count, left[i] == UInt8(ascii: "0") { i += 1 }
            while j < right.count, right[j] == UInt8(ascii: "0") { j += 1 }
            var difference = 0
            while i < left.count, j < right.count, isDigit(left[i]), isDigit(right[j]) {
                if difference == 0 { difference = Int(left[i]) - Int(right[j]) }
                (i, j) = (i + 1, j + 1)
            }
            if i < left.count, isDigit(left[i]) { return 1 }
            if j < right.count, isDigit(right[j]) { return -1 }
            if difference != 0 { return difference }
        }
        return 0
    }

    /// `~` before the end, the end as a digit, letters before all others.
    private static func weight(_ bytes: [UInt8], _ index: Int) -> Int {
        guard index < bytes.count, !isDigit(bytes[index]) else { return 0 }
        let byte = bytes[index]
        if byte == UInt8(ascii: "~") { return -1 }
        return isLetterOrDigit(byte) ? Int(byte) : Int(byte) + 256
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
    private static func isLetterOrDigit(_ byte: UInt8) -> Bool { isDigit(byte) || (97...122).contains(byte | 0x20) }
}
