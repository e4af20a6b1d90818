/// Names of clusters and machines: the rules that Kubernetes and the host name share.
public enum DNSLabel {
    /// RFC 1123: 1 to 63 lower-case letters, digits and dashes, beginning and ending with a letter or digit.
    public static func isValid(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard (1...63).contains(bytes.count), let first = bytes.first, let last = bytes.last else { return false }
        return first != dash && last != dash && bytes.allSatisfy { $0 == dash || isLetterOrDigit($0) }
    }

    /// Several labels joined by dots, at most 253 characters.
    public static func isValidDomain(_ text: String) -> Bool {
        text.utf8.count <= 253
            && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { isValid(String($0)) }
    }

    /// The nearest valid label, for a suggestion; `nil` when nothing usable is left.
    public static func corrected(_ text: String) -> String? {
        let replaced = text.lowercased().unicodeScalars.map { scalar -> Character in
            let usable = scalar.isASCII && isLetterOrDigit(UInt8(scalar.value & 127))
            return usable ? Character(scalar) : "-"
        }
        let trimmed = String(replaced).split(separator: "-").joined(separator: "-")
        let label = String(trimmed.prefix(63))
        return isValid(label) ? label : nil
    }

    private static let dash = UInt8(ascii: "-")

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool { (97...122).contains(byte) || (48...57).contains(byte) }
}

/// Names of payloads: they become file names on hosts and arguments of hypervisors.
public enum PayloadName {
    /// 1 to 128 of `a-z A-Z 0-9 . _ + -`, beginning with a letter or digit, without two dots in a row. No path can be
    /// spelled with these, nor an option, nor a second value in a list of options.
    public static func isValid(_ text: String) -> Bool {
        var previous: UInt8 = 0
        for (index, byte) in text.utf8.enumerated() {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                break
            case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-"):
                guard index > 0, !(byte == UInt8(ascii: ".") && previous == byte) else { return false }
            default: return false
            }
            previous = byte
        }
        return (1...128).contains(text.utf8.count)
    }
}

/// Names of users and groups as useradd(8) accepts them: they reach command lines.
public enum AccountName {
    /// 1 to 32 of `a-z 0-9 _ -`, not beginning with a digit or dash.
    public static func isValid(_ text: String) -> Bool {
        (1...32).contains(text.utf8.count)
            && text.utf8.enumerated().allSatisfy { index, byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): index > 0
                default: false
                }
            }
    }
}

/// Text from outside made fit for a terminal: control characters become `?`, the rest is cut at `limit` characters.
public func printable(_ text: String, limit: Int = 120) -> String {
    var result = ""
    for (count, scalar) in text.unicodeScalars.enumerated() {
        if count == limit { return result + "…" }
        let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
        result.unicodeScalars.append(isControl ? "?" : scalar)
    }
    return result
}
