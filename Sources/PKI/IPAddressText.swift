/// IP addresses as text: dotted decimal, and RFC 4291, 2.2 for IPv6.
///
/// Strict: no leading zeros in a dotted number, no zone, no prefix length.
enum IPAddressText {
    /// 4 or 16 bytes, or nil if the text is no address.
    static func bytes(_ text: String) -> [UInt8]? {
        text.utf8.contains(UInt8(ascii: ":")) ? sixteen(text[...]) : four(text[...])
    }

    static func text(_ bytes: [UInt8]) -> String {
        guard bytes.count == 16 else { return bytes.map { String($0) }.joined(separator: ".") }
        return stride(from: 0, to: 16, by: 2)
            .map { String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16) }
            .joined(separator: ":")
    }

    private static func four(_ text: Substring) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var result: [UInt8] = []
        for part in parts {
            guard part.utf8.allSatisfy({ (0x30...0x39).contains($0) }), part == "0" || part.first != "0",
                let byte = UInt8(part)
            else { return nil }
            result.append(byte)
        }
        return result
    }

    private static func sixteen(_ text: Substring) -> [UInt8]? {
        guard let gap = doubleColon(in: text) else {
            let bytes = groups(text)
            return bytes?.count == 16 ? bytes : nil
        }
        guard let left = groups(text[..<gap.lowerBound], mayEndDotted: false),
            let right = groups(text[gap.upperBound...]),
            left.count + right.count <= 14
        else { return nil }
        return left + [UInt8](repeating: 0, count: 16 - left.count - right.count) + right
    }

    private static func doubleColon(in text: Substring) -> Range<Substring.Index>? {
        var previous: Substring.Index?
        for index in text.indices {
            if let start = previous, text[start] == ":", text[index] == ":" {
                return start..<text.index(after: index)
            }
            previous = index
        }
        return nil
    }

    /// Groups of up to four hexadecimal digits; an address may end in dotted decimal. An empty text has no group.
    private static func groups(_ text: Substring, mayEndDotted: Bool = true) -> [UInt8]? {
        guard !text.isEmpty else { return [] }
        var result: [UInt8] = []
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if mayEndDotted, index == parts.count - 1, let bytes = four(part) {
                result += bytes
                continue
            }
            guard (1...4).contains(part.utf8.count), part.first != "+", part.first != "-",
                let group = UInt16(part, radix: 16)
            else { return nil }
            result += [UInt8(group >> 8), UInt8(truncatingIfNeeded: group)]
        }
        return result
    }
}
