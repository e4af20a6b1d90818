/// A moment as whole seconds since 1970-01-01T00:00:00Z, without leap seconds (POSIX time).
public struct Timestamp: Sendable, Hashable, Comparable {
    public let secondsSince1970: Int64

    public init(secondsSince1970: Int64) { self.secondsSince1970 = secondsSince1970 }

    /// Parses RFC 3339 in UTC, `2026-11-22T10:00:00Z`, or a plain date `2026-11-22` (its first second).
    ///
    /// Years 1970 to 2999; other zones are refused, a topology must read the same everywhere.
    public init?(_ text: String) {
        let parts = text.split(separator: "T", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let date = Self.numbers(parts[0], separator: "-", widths: [4, 2, 2]),
            (1970...2999).contains(date[0]), (1...12).contains(date[1]),
            (1...Self.days(inMonth: date[1], year: date[0])).contains(date[2])
        else { return nil }
        var seconds = Int64(Self.days(year: date[0], month: date[1], day: date[2])) * 86_400
        if parts.count == 2 {
            guard parts[1].last == "Z",
                let time = Self.numbers(parts[1].dropLast(), separator: ":", widths: [2, 2, 2]),
                time[0] < 24, time[1] < 60, time[2] < 60
            else { return nil }
            seconds += Int64(time[0] * 3600 + time[1] * 60 + time[2])
        }
        secondsSince1970 = seconds
    }

    public func advanced(by duration: Lifetime) -> Timestamp { advanced(bySeconds: duration.seconds) }

    /// The second this many seconds later, or earlier if negative; stops at the ends of `Int64`.
    public func advanced(bySeconds seconds: Int64) -> Timestamp {
        let (sum, overflow) = secondsSince1970.addingReportingOverflow(seconds)
        return Timestamp(secondsSince1970: overflow ? (seconds < 0 ? .min : .max) : sum)
    }

    /// Whether a certificate can carry it: 1970-01-01T00:00:00Z to 9999-12-31T23:59:59Z (RFC 5280, 4.1.2.5).
    public var isRepresentable: Bool { (0...253_402_300_799).contains(secondsSince1970) }

    public static func < (lhs: Timestamp, rhs: Timestamp) -> Bool { lhs.secondsSince1970 < rhs.secondsSince1970 }

    private static func numbers(_ text: Substring, separator: Character, widths: [Int]) -> [Int]? {
        let parts = text.split(separator: separator, omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == widths else { return nil }
        let values = parts.compactMap { $0.utf8.allSatisfy { (48...57).contains($0) } ? Int($0) : nil }
        return values.count == widths.count ? values : nil
    }

    private static func days(inMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970-01-01 in the proleptic Gregorian calendar; years begin in March so that February ends them.
    private static func days(year: Int, month: Int, day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = year / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

extension Timestamp: CustomStringConvertible {
    /// RFC 3339 in UTC, e.g. `2026-01-01T00:00:00Z`; the bare number outside of what a certificate can carry.
    public var description: String {
        guard isRepresentable else { return "second \(secondsSince1970)" }
        let civil = civil
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return "\(padded(civil.year, 4))-\(padded(civil.month, 2))-\(padded(civil.day, 2))"
            + "T\(padded(civil.hour, 2)):\(padded(civil.minute, 2)):\(padded(civil.second, 2))Z"
    }
}

extension Timestamp {
    /// Date and time of day in UTC, in the proleptic Gregorian calendar; meaningful where ``isRepresentable`` is true.
    public var civil: (year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) {
        // Days to a date by counting from 0000-03-01, so that the leap day is the last of its year.
        let days = Int(secondsSince1970 / 86_400) + 719_468
        let dayOfEra = days % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + days / 146_097 * 400 + (month <= 2 ? 1 : 0)
        let second = Int(secondsSince1970 % 86_400)
        return (
            year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1, second / 3_600, second / 60 % 60, second % 60
        )
    }
}

/// How long a certificate is valid, in whole seconds.
public struct Lifetime: Sendable, Hashable, Comparable {
    public let seconds: Int64

    public init(seconds: Int64) { self.seconds = seconds }

    public static func days(_ count: Int64) -> Lifetime { Lifetime(seconds: count * 86_400) }

    /// Parses a whole number with a unit: `h` hours, `d` days, `y` years of 365 days. At most 100 years.
    public init?(_ text: String) {
        guard let unit = text.last, let count = Int64(text.dropLast()), (1...876_000).contains(count),
            let scale = Self.units.first(where: { $0.letter == unit })?.seconds
        else { return nil }
        guard count * scale <= 100 * 31_536_000 else { return nil }
        seconds = count * scale
    }

    /// The longest first. A table and no literal in the loop that reads it: the compiler unrolls that one, and orders the pieces by
    /// the addresses of its own data, so that two builds of slipway-apply differed.
    private static let units: [(letter: Character, seconds: Int64)] = [("y", 31_536_000), ("d", 86_400), ("h", 3600)]

    public static func < (lhs: Lifetime, rhs: Lifetime) -> Bool { lhs.seconds < rhs.seconds }
}

extension Lifetime: CustomStringConvertible {
    public var description: String {
        guard let unit = Self.units.first(where: { seconds % $0.seconds == 0 }) else { return "\(seconds)s" }
        return "\(seconds / unit.seconds)\(unit.letter)"
    }
}
