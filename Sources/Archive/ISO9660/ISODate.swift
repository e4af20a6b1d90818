/// A time in the two forms of ECMA-119: 7 bytes in directory records (9.1.5), 17 in volume descriptors (8.4.26.1). Always UTC.
struct ISODate {
    let record: [UInt8]
    let descriptor: [UInt8]

    /// Nil outside the years 1970 to 2155, whose number since 1900 fits in one byte.
    init?(secondsSince1970 seconds: Int64) {
        guard seconds >= 0 else { return nil }
        let second = Int(seconds % 60)
        let minute = Int(seconds / 60 % 60)
        let hour = Int(seconds / 3600 % 24)
        let (year, month, day) = Self.civil(days: seconds / 86_400)
        guard year <= 2155 else { return nil }
        record = [UInt8(year - 1900), UInt8(month), UInt8(day), UInt8(hour), UInt8(minute), UInt8(second), 0]
        var text = Self.digits(year, 4)
        for part in [month, day, hour, minute, second, 0] { text += Self.digits(part, 2) }
        descriptor = text + [0]
    }

    /// The time, or an error that names the image.
    init(epoch: Int64, subject: String) throws(ArchiveError) {
        guard let date = ISODate(secondsSince1970: epoch) else {
            throw .refusedMember(
                archive: subject, member: "epoch \(epoch)", reason: "ISO 9660 holds the years 1970 to 2155")
        }
        self = date
    }

    private static func digits(_ number: Int, _ count: Int) -> [UInt8] {
        let text = Array(String(number).utf8)
        return [UInt8](repeating: UInt8(ascii: "0"), count: count - text.count) + text
    }

    /// The date of a day counted from 1970-01-01 in the Gregorian calendar, by 400-year eras that begin on 1 March.
    private static func civil(days: Int64) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (Int(min(year, 1 << 30)), Int(month), Int(day))
    }
}
