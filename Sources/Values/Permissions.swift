/// The permission bits of a file, written as four octal digits: `"0644"`.
public struct Permissions: Hashable, Comparable, Sendable, CustomStringConvertible, ExpressibleByIntegerLiteral {
    /// 0 to 0o7777.
    public let bits: UInt16

    /// Keeps the lowest twelve bits: permissions, set-user-id, set-group-id, sticky.
    public init(bits: UInt16) { self.bits = bits & 0o7777 }

    public init(integerLiteral value: UInt16) { self.init(bits: value) }

    /// Parses four octal digits; `"644"` and `"0o644"` are refused, because a mode has one spelling.
    public init?(parsing text: String) {
        guard text.utf8.count == 4, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) }),
            let bits = UInt16(text, radix: 8)
        else { return nil }
        self.init(bits: bits)
    }

    public var description: String {
        let digits = String(bits, radix: 8)
        return String(repeating: "0", count: 4 - digits.utf8.count) + digits
    }

    public static func < (left: Permissions, right: Permissions) -> Bool { left.bits < right.bits }
}
