/// A JSON value as this project writes it: no fractions, whole numbers of 64 bits, members of objects in canonical order.
public enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    /// What an error message calls this value.
    var kindName: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .integer: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }

    /// Strings as an array value.
    public static func strings(_ texts: some Sequence<String>) -> JSONValue { .array(texts.map { .string($0) }) }

    /// String pairs as an object value.
    public static func strings(_ pairs: [String: String]) -> JSONValue {
        .object(JSONObject(pairs.map { ($0.key, .string($0.value)) }))
    }
}

// No nil literal: `nil` would then mean JSON's null where an absent member is meant.
extension JSONValue: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByStringLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(stringLiteral value: String) { self = .string(value) }
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(JSONObject(elements)) }
}

/// The members of a JSON object, kept sorted bytewise by the UTF-8 of their keys, so that iteration is canonical order.
///
/// A dictionary is avoided on purpose: its order differs between runs, and it holds "é" in its two spellings for one key.
public struct JSONObject: Hashable, Sendable {
    /// One member.
    public struct Member: Hashable, Sendable {
        public let key: String
        public internal(set) var value: JSONValue
    }

    /// The members in canonical order.
    public private(set) var members: [Member]

    public init() { members = [] }

    /// Takes members in any order; of two with the same key the later one stays.
    public init(_ pairs: some Sequence<(String, JSONValue)>) {
        members = pairs.map { Member(key: $0.0, value: $0.1) }
        // `sort` keeps equal keys in their order: the last of a run is the latest.
        members.sort { Self.precedes($0.key, $1.key) }
        dropRepeated()
    }

    /// Members that are already sorted and distinct, as the parser has checked.
    init(sorted members: [Member]) { self.members = members }

    private mutating func dropRepeated() {
        guard let repeated = members.indices.dropFirst().first(where: { sameKey(at: $0) }) else { return }
        var kept = Array(members[..<repeated])
        for member in members[repeated...] {
            if let last = kept.last, last.key.utf8.elementsEqual(member.key.utf8) { kept.removeLast() }
            kept.append(member)
        }
        members = kept
    }

    private func sameKey(at index: Int) -> Bool {
        members[index - 1].key.utf8.elementsEqual(members[index].key.utf8)
    }

    /// The value of a key; setting nil removes the member.
    public subscript(key: String) -> JSONValue? {
        get {
            let place = position(of: key)
            return place.found ? members[place.index].value : nil
        }
        set {
            let place = position(of: key)
            switch (place.found, newValue) {
            case (true, let value?): members[place.index].value = value
            case (true, nil): members.remove(at: place.index)
            case (false, let value?): members.insert(Member(key: key, value: value), at: place.index)
            case (false, nil): break
            }
        }
    }

    private func position(of key: String) -> (index: Int, found: Bool) {
        var low = 0
        var high = members.count
        while low < high {
            let middle = (low + high) / 2
            if Self.precedes(members[middle].key, key) { low = middle + 1 } else { high = middle }
        }
        return (low, low < members.count && members[low].key.utf8.elementsEqual(key.utf8))
    }

    /// Bytewise order of the UTF-8. `String.<` compares normalised text, which is another order.
    static func precedes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}
