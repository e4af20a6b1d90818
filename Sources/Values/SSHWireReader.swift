/// Reads the data types of RFC 4251, 5, one after the other; nil where the bytes end too early.
public struct SSHWireReader {
    private var rest: ArraySlice<UInt8>

    public init(_ bytes: [UInt8]) { rest = bytes[...] }

    public var isAtEnd: Bool { rest.isEmpty }

    public mutating func bytes(_ count: Int) -> [UInt8]? {
        guard count <= rest.count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    public mutating func number() -> UInt32? {
        bytes(4).map { $0.reduce(0) { $0 << 8 | UInt32($1) } }
    }

    public mutating func string() -> [UInt8]? { number().flatMap { bytes(Int($0)) } }

    /// Printable ASCII.
    public mutating func text() -> String? {
        guard let bytes = string(), bytes.allSatisfy({ (0x20...0x7E).contains($0) }) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether the whole of a string is this.
    public mutating func takes(_ expected: String) -> Bool { string().map { $0.elementsEqual(expected.utf8) } ?? false }
}
