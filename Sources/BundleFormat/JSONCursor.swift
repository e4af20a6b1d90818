/// Where a value stands in its document; prints as `layers[3].digest`, the document itself as `document`.
public indirect enum JSONPath: Hashable, Sendable, CustomStringConvertible {
    case root
    case member(JSONPath, String)
    case element(JSONPath, Int)

    public var description: String {
        switch self {
        case .root: "document"
        case .member(.root, let key): key
        case .member(let parent, let key): "\(parent).\(key)"
        case .element(let parent, let index): "\(parent)[\(index)]"
        }
    }
}

/// A JSON value together with its path, so that every refusal says where: `layers[3].digest: expected a string, found null`.
public struct JSONCursor: Sendable {
    public let value: JSONValue
    public let path: JSONPath

    /// A cursor at the top of a document.
    public init(_ value: JSONValue) { self.init(value, at: .root) }

    private init(_ value: JSONValue, at path: JSONPath) {
        self.value = value
        self.path = path
    }

    /// An error at this value.
    public func refused(_ reason: String) -> FormatError {
        .invalidValue(path: path.description, reason: reason)
    }

    private func mismatch(_ expected: String) -> FormatError {
        refused("expected \(expected), found \(value.kindName)")
    }

    /// The member of an object; absent is an error.
    public func required(_ key: String) throws(FormatError) -> JSONCursor {
        guard let found = try optional(key) else {
            throw .invalidValue(path: JSONPath.member(path, key).description, reason: "is missing")
        }
        return found
    }

    /// The member of an object, or nil. `null` is not the same as absent.
    public func optional(_ key: String) throws(FormatError) -> JSONCursor? {
        try object()[key].map { JSONCursor($0, at: .member(path, key)) }
    }

    /// Refuses members that are not known: for documents that must be understood completely.
    public func only(_ keys: Set<String>) throws(FormatError) {
        let unknown = try object().members.filter { !keys.contains($0.key) }
        guard let first = unknown.first else { return }
        let others = unknown.count == 1 ? "" : ", nor are \(unknown.count - 1) others"
        throw .invalidValue(
            path: JSONPath.member(path, first.key).description,
            reason: "is not known here\(others); known are \(keys.sorted().joined(separator: ", "))")
    }

    public func object() throws(FormatError) -> JSONObject {
        guard case .object(let object) = value else { throw mismatch("an object") }
        return object
    }

    /// The elements of an array of at most `limit`.
    public func elements(limit: Int) throws(FormatError) -> [JSONCursor] {
        guard case .array(let elements) = value else { throw mismatch("an array") }
        guard elements.count <= limit else {
            throw refused("has \(elements.count) elements; at most \(limit) are accepted")
        }
        return elements.enumerated().map { JSONCursor($0.element, at: .element(path, $0.offset)) }
    }

    /// The elements of an array, each decoded by `decode`.
    public func list<T>(
        limit: Int, _ decode: (JSONCursor) throws(FormatError) -> T
    ) throws(FormatError) -> [T] {
        var result: [T] = []
        for element in try elements(limit: limit) { result.append(try decode(element)) }
        return result
    }

    /// An optional list of entries, empty when it is absent.
    public func entries<T>(
        _ key: String, limit: Int, _ decode: (JSONCursor) throws(FormatError) -> T
    ) throws(FormatError) -> [T] {
        guard let list = try optional(key) else { return [] }
        return try list.list(limit: limit, decode)
    }

    /// A string of at most `limit` bytes of UTF-8.
    public func string(limit: Int = 4096) throws(FormatError) -> String {
        guard case .string(let text) = value else { throw mismatch("a string") }
        guard text.utf8.count <= limit else { throw refused("is longer than \(limit) bytes") }
        return text
    }

    public func integer(in range: ClosedRange<Int64> = .min ... .max) throws(FormatError) -> Int64 {
        guard case .integer(let number) = value else { throw mismatch("a whole number") }
        guard range.contains(number) else {
            throw refused("\(number) is not between \(range.lowerBound) and \(range.upperBound)")
        }
        return number
    }

    public func bool() throws(FormatError) -> Bool {
        guard case .bool(let flag) = value else { throw mismatch("true or false") }
        return flag
    }

    /// An object whose values are all strings, at most `limit` of them.
    public func stringPairs(limit: Int = 256) throws(FormatError) -> [String: String] {
        let members = try object().members
        guard members.count <= limit else {
            throw refused("has \(members.count) members; at most \(limit) are accepted")
        }
        var pairs: [String: String] = [:]
        for member in members {
            pairs[member.key] = try JSONCursor(member.value, at: .member(path, member.key)).string(limit: 1 << 16)
        }
        return pairs
    }
}
