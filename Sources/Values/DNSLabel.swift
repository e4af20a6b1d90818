/// The name rules that Kubernetes and the host name share.
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
