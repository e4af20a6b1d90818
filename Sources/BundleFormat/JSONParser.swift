import Values

/// How much JSON the parser accepts from outside.
public struct JSONLimits: Hashable, Sendable {
    /// The greatest length of a document in bytes.
    public let byteCount: Int
    /// The greatest number of arrays and objects inside one another.
    public let depth: Int
    /// The most bytes that the values of a document may take in memory: two bytes of text, "1,", are sixteen there.
    public let memory: Int

    public init(byteCount: Int = 32 << 20, depth: Int = 64, memory: Int = 128 << 20) {
        self.byteCount = byteCount
        self.depth = depth
        self.memory = memory
    }
}

/// A strict parser for RFC 8259 JSON from outside.
///
/// Beyond the RFC it refuses what would make two readers disagree: a repeated key, an unpaired surrogate, invalid UTF-8,
/// a byte order mark; and what this project never writes: fractions, exponents, `-0`, numbers above 64 bits.
public struct JSONParser {
    private let bytes: [UInt8]
    private let limits: JSONLimits
    private var offset = 0
    private var depth = 0
    /// Bytes that are taken by the values so far, an array's room to grow included.
    private var memory = 0

    private init(_ bytes: [UInt8], limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    /// Parses a whole document.
    public static func parse(_ bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(FormatError) -> JSONValue {
        guard bytes.count <= limits.byteCount else {
            throw .limitExceeded(what: "a JSON document of \(bytes.count) bytes", limit: limits.byteCount)
        }
        var parser = JSONParser(bytes, limits: limits)
        parser.skipSpace()
        let value = try parser.value()
        parser.skipSpace()
        guard parser.offset == bytes.count else { throw parser.fault("nothing may follow the document") }
        return value
    }

    /// Counts what is about to be kept, so that a hostile document is refused before it fills the machine.
    private mutating func charge(_ bytes: Int) throws(FormatError) {
        memory += bytes
        guard memory <= limits.memory else {
            throw .limitExceeded(what: "what the values of a JSON document take in memory", limit: limits.memory)
        }
    }

    private var current: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
    }

    /// What an array or a string costs beside its contents: its header, and what the allocator rounds up to.
    private static let allocation = 64

    private mutating func value() throws(FormatError) -> JSONValue {
        switch current {
        case UInt8(ascii: "{"): return try nested { (parser) throws(FormatError) in try parser.object() }
        case UInt8(ascii: "["): return try nested { (parser) throws(FormatError) in try parser.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case .some(UInt8(ascii: "-")), .some(UInt8(ascii: "0")...UInt8(ascii: "9")): return .integer(try integer())
        case nil: throw fault("the document ends where a value is expected")
        default: throw fault("a value is expected here")
        }
    }

    private mutating func nested(
        _ body: (inout JSONParser) throws(FormatError) -> JSONValue
    ) throws(FormatError) -> JSONValue {
        guard depth < limits.depth else {
            throw fault("more than \(limits.depth) arrays and objects inside one another")
        }
        depth += 1
        offset += 1
        try charge(Self.allocation)
        defer { depth -= 1 }
        return try body(&self)
    }

    private mutating func word(_ text: String, _ value: JSONValue) throws(FormatError) -> JSONValue {
        guard bytes[offset...].starts(with: text.utf8) else { throw fault("a value is expected here") }
        offset += text.utf8.count
        return value
    }

    private mutating func array() throws(FormatError) -> JSONValue {
        var elements: [JSONValue] = []
        skipSpace()
        if current == UInt8(ascii: "]") {
            offset += 1
            return .array([])
        }
        while true {
            skipSpace()
            try charge(2 * MemoryLayout<JSONValue>.stride)
            elements.append(try value())
            guard try continues(until: UInt8(ascii: "]"), "\",\" or \"]\"") else { return .array(elements) }
        }
    }

    private mutating func object() throws(FormatError) -> JSONValue {
        var members: [JSONObject.Member] = []
        var keyOffsets: [Int] = []
        var isSorted = true
        skipSpace()
        if current == UInt8(ascii: "}") {
            offset += 1
            return .object(JSONObject())
        }
        repeat {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw fault("a member name in double quotes is expected here") }
            let keyOffset = offset
            let key = try string()
            skipSpace()
            guard current == UInt8(ascii: ":") else { throw fault("\":\" is expected after a member name") }
            offset += 1
            skipSpace()
            if let last = members.last, !JSONObject.precedes(last.key, key) { isSorted = false }
            try charge(2 * (MemoryLayout<JSONObject.Member>.stride + MemoryLayout<Int>.stride))
            members.append(JSONObject.Member(key: key, value: try value()))
            keyOffsets.append(keyOffset)
        } while try continues(until: UInt8(ascii: "}"), "\",\" or \"}\"")
        if isSorted { return .object(JSONObject(sorted: members)) }
        return .object(try sorted(members, keyOffsets))
    }

    private func sorted(_ members: [JSONObject.Member], _ keyOffsets: [Int]) throws(FormatError) -> JSONObject {
        let order = members.indices.sorted { JSONObject.precedes(members[$0].key, members[$1].key) }
        for (before, after) in zip(order, order.dropFirst())
        where members[before].key.utf8.elementsEqual(members[after].key.utf8) {
            let name = printable(members[after].key)
            throw fault("the member \"\(name)\" occurs twice", at: keyOffsets[max(before, after)])
        }
        return JSONObject(sorted: order.map { members[$0] })
    }

    /// After an element: true behind a comma, false behind the closing character.
    private mutating func continues(until end: UInt8, _ expected: String) throws(FormatError) -> Bool {
        skipSpace()
        switch current {
        case UInt8(ascii: ","): offset += 1
        case end:
            offset += 1
            return false
        default: throw fault("\(expected) is expected here")
        }
        return true
    }

    private mutating func integer() throws(FormatError) -> Int64 {
        let start = offset
        let isNegative = current == UInt8(ascii: "-")
        if isNegative { offset += 1 }
        let firstDigit = offset
        var number: Int64 = 0
        while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            let digit = Int64(byte - UInt8(ascii: "0"))
            let (product, overflow) = number.multipliedReportingOverflow(by: 10)
            let (sum, carry) =
                isNegative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
            guard !overflow, !carry else { throw fault("the number does not fit in 64 bits", at: start) }
            number = sum
            offset += 1
        }
        let digits = offset - firstDigit
        guard digits > 0 else { throw fault("a digit is expected after \"-\"") }
        guard digits == 1 || bytes[firstDigit] != UInt8(ascii: "0") else {
            throw fault("a number may not begin with 0", at: start)
        }
        guard !(isNegative && number == 0) else { throw fault("\"-0\" is not accepted: write 0", at: start) }
        if let byte = current, byte == UInt8(ascii: ".") || byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
            throw fault("fractions and exponents are not accepted: write a whole number", at: start)
        }
        return number
    }

    private mutating func string() throws(FormatError) -> String {
        let start = offset
        offset += 1
        let textStart = offset
        while let byte = current, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { offset += 1 }
        if current == UInt8(ascii: "\"") {
            defer { offset += 1 }
            return try text(bytes[textStart..<offset], at: start)
        }
        var content = Array(bytes[textStart..<offset])
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\""):
                offset += 1
                return try text(content[...], at: start)
            case UInt8(ascii: "\\"): try escape(into: &content)
            case ..<0x20: throw fault("a control character in a string must be escaped")
            default:
                content.append(byte)
                offset += 1
            }
        }
        throw fault("the string that begins here does not end", at: start)
    }

    private mutating func text(_ content: ArraySlice<UInt8>, at start: Int) throws(FormatError) -> String {
        // Up to fifteen bytes lie in the value itself.
        if content.count > 15 { try charge(Self.allocation + content.count) }
        guard let text = String(validating: content, as: UTF8.self) else {
            throw fault("the string that begins here is not valid UTF-8", at: start)
        }
        return text
    }

    private mutating func escape(into content: inout [UInt8]) throws(FormatError) {
        let start = offset
        offset += 1
        guard let kind = current else { throw fault("the document ends inside a string") }
        offset += 1
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(kind)
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "u"):
            guard let scalar = Unicode.Scalar(try codePoint(at: start)) else {
                throw fault("an unpaired surrogate is not a character", at: start)
            }
            content.append(contentsOf: String(Character(scalar)).utf8)
        default: throw fault("an unknown escape; known are \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX", at: start)
        }
    }

    /// One `\uXXXX`, or two when the first is a high surrogate followed by a low one (RFC 8259 section 7).
    private mutating func codePoint(at start: Int) throws(FormatError) -> UInt32 {
        let first = try fourDigits()
        guard (0xD800...0xDBFF).contains(first) else { return first }
        guard bytes[offset...].starts(with: "\\u".utf8) else { return first }
        offset += 2
        let second = try fourDigits()
        guard (0xDC00...0xDFFF).contains(second) else { return first }
        return 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
    }

    private mutating func fourDigits() throws(FormatError) -> UInt32 {
        var number: UInt32 = 0
        for _ in 0..<4 {
            switch current {
            case .some(let byte) where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte):
                number = number << 4 | UInt32(byte - UInt8(ascii: "0"))
            case .some(let byte) where (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20):
                number = number << 4 | UInt32((byte | 0x20) - UInt8(ascii: "a") + 10)
            default: throw fault("four hexadecimal digits are expected after \\u")
            }
            offset += 1
        }
        return number
    }

    private func fault(_ reason: String, at place: Int? = nil) -> FormatError {
        let place = min(place ?? offset, bytes.count)
        let before = bytes[..<place]
        let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        let line = before.count { $0 == 0x0A } + 1
        // Continuation bytes belong to the character before them.
        let column = before[lineStart...].count { $0 & 0xC0 != 0x80 } + 1
        return .malformedJSON(line: line, column: column, reason: reason)
    }
}
