/// A second in UTC, counted from 1970-01-01 without leap seconds. It comes from the topology, never from a clock.
public struct Timestamp: Sendable, Hashable, Comparable {
    public let secondsSince1970: Int64

    public init(secondsSince1970: Int64) { self.secondsSince1970 = secondsSince1970 }

    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.secondsSince1970 < right.secondsSince1970 }

    /// The second this many seconds later, or earlier if negative; stops at the ends of `Int64`, which no `Validity`
    /// takes.
    public func advanced(bySeconds seconds: Int64) -> Timestamp {
        let (sum, overflow) = secondsSince1970.addingReportingOverflow(seconds)
        return Timestamp(secondsSince1970: overflow ? (seconds < 0 ? .min : .max) : sum)
    }

    /// Whether a certificate can carry it: 1970-01-01T00:00:00Z to 9999-12-31T23:59:59Z.
    var isRepresentable: Bool { (0...253_402_300_799).contains(secondsSince1970) }
}

extension Timestamp: CustomStringConvertible {
    /// RFC 3339 in UTC, e.g. `2026-01-01T00:00:00Z`; the bare number outside of what a certificate can carry.
    public var description: String {
        guard isRepresentable else { return "second \(secondsSince1970)" }
        // Days to a date by counting from 0000-03-01, so that the leap day is the last of its year.
        let days = secondsSince1970 / 86_400 + 719_468
        let dayOfEra = days % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + days / 146_097 * 400 + (month <= 2 ? 1 : 0)
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let second = secondsSince1970 % 86_400
        func padded(_ number: Int64, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
            + "T\(padded(second / 3_600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))Z"
    }
}
