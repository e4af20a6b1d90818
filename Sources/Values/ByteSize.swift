/// An amount of memory or disk in whole MiB (1 MiB = 1,048,576 bytes).
public struct ByteSize: Sendable, Hashable, Comparable {
    public let mebibytes: Int

    public init(mebibytes: Int) { self.mebibytes = mebibytes }

    public static func gibibytes(_ count: Int) -> ByteSize { ByteSize(mebibytes: count * 1024) }

    /// Parses `512MiB`, `2GiB` or `1TiB`, with or without a space; decimal units are refused because
    /// hypervisors disagree about them.
    public init?(_ text: String) {
        guard let unit = ["MiB": 1, "GiB": 1024, "TiB": 1 << 20].first(where: { text.hasSuffix($0.key) }) else {
            return nil
        }
        var digits = text.dropLast(3)
        if digits.last == " " { digits = digits.dropLast() }
        guard digits.utf8.allSatisfy({ (48...57).contains($0) }), let count = Int(digits), count > 0,
            count <= (1 << 30) / unit.value
        else { return nil }
        mebibytes = count * unit.value
    }

    public static func < (lhs: ByteSize, rhs: ByteSize) -> Bool { lhs.mebibytes < rhs.mebibytes }
}

extension ByteSize: CustomStringConvertible {
    public var description: String { mebibytes % 1024 == 0 ? "\(mebibytes / 1024)GiB" : "\(mebibytes)MiB" }
}
