/// How long a certificate is valid, in whole seconds.
public struct Lifetime: Sendable, Hashable, Comparable {
    public let seconds: Int64

    public init(seconds: Int64) { self.seconds = seconds }

    public static func days(_ count: Int64) -> Lifetime { Lifetime(seconds: count * 86_400) }

    /// Parses a whole number with a unit: `h` hours, `d` days, `y` years of 365 days. At most 100 years.
    public init?(_ text: String) {
        guard let unit = text.last, let count = Int64(text.dropLast()), (1...876_000).contains(count),
            let scale = ["h": 3600, "d": 86_400, "y": 31_536_000][unit]
        else { return nil }
        guard count * Int64(scale) <= 100 * 31_536_000 else { return nil }
        seconds = count * Int64(scale)
    }

    public static func < (lhs: Lifetime, rhs: Lifetime) -> Bool { lhs.seconds < rhs.seconds }
}

extension Lifetime: CustomStringConvertible {
    public var description: String {
        for (unit, scale) in [("y", Int64(31_536_000)), ("d", 86_400), ("h", 3600)] where seconds % scale == 0 {
            return "\(seconds / scale)\(unit)"
        }
        return "\(seconds)s"
    }
}
