/// The one encoder of JSON that is hashed: members sorted bytewise, no spaces, one spelling of everything.
///
/// As RFC 8785 writes strings: `"`, `\` and control characters are escaped (`\b \t \n \f \r`, else `\u00xx` in lower
/// case), a slash and everything above U+001F stand as they are. Unlike RFC 8785 keys are sorted by UTF-8 rather than
/// UTF-16, and there are no fractions. No newline at the end.
public struct CanonicalJSON {
    private var output: [UInt8]

    private init(capacity: Int) {
        output = []
        output.reserveCapacity(capacity)
    }

    /// The canonical bytes. `capacity` is a hint of the length, for large documents.
    public static func encode(_ value: JSONValue, capacity: Int = 1024) -> [UInt8] {
        var writer = CanonicalJSON(capacity: capacity)
        writer.write(value)
        return writer.output
    }

    /// An array with each element on a line of its own, canonical but for these newlines: for files that people compare.
    public static func encodeLines(_ elements: [JSONValue]) -> [UInt8] {
        var writer = CanonicalJSON(capacity: 1024)
        writer.literal("[")
        for (index, element) in elements.enumerated() {
            writer.literal(index > 0 ? ",\n" : "\n")
            writer.write(element)
        }
        writer.literal(elements.isEmpty ? "]" : "\n]")
        return writer.output
    }

    private mutating func write(_ value: JSONValue) {
        switch value {
        case .null: literal("null")
        case .bool(true): literal("true")
        case .bool(false): literal("false")
        case .integer(let number): write(number)
        case .string(let text): write(text)
        case .array(let elements):
            output.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                write(element)
            }
            output.append(UInt8(ascii: "]"))
        case .object(let object):
            output.append(UInt8(ascii: "{"))
            for (index, member) in object.members.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                write(member.key)
                output.append(UInt8(ascii: ":"))
                write(member.value)
            }
            output.append(UInt8(ascii: "}"))
        }
    }

    private mutating func literal(_ text: StaticString) {
        unsafe output.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func write(_ number: Int64) {
        if number < 0 { output.append(UInt8(ascii: "-")) }
        var rest = number.magnitude
        let start = output.count
        repeat {
            output.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        output[start...].reverse()
    }

    private mutating func write(_ text: String) {
        output.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { bytes in
            // Runs without an escape are copied whole; that is nearly every string.
            var start = 0
            for index in bytes.indices {
                let byte = unsafe bytes[index]
                guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
                unsafe output.append(contentsOf: bytes[start..<index])
                escape(byte)
                start = index + 1
            }
            unsafe output.append(contentsOf: bytes[start...])
        }
        output.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): literal("\\\"")
        case UInt8(ascii: "\\"): literal("\\\\")
        case 0x08: literal("\\b")
        case 0x09: literal("\\t")
        case 0x0A: literal("\\n")
        case 0x0C: literal("\\f")
        case 0x0D: literal("\\r")
        default:
            literal("\\u00")
            output.append(UInt8(ascii: "0") + (byte >> 4))
            let low = byte & 15
            output.append(low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + (low - 10))
        }
    }
}
