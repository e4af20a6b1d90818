import Values

/// Why a document of the bundle format was refused; `description` is one sentence for a person.
public enum FormatError: Error, Hashable, Sendable, CustomStringConvertible {
    /// JSON text is broken. Line and column count from 1, the column in characters.
    case malformedJSON(line: Int, column: Int, reason: String)
    /// A value is missing or has the wrong type, range or content. `path` reads like `layers[3].digest`.
    case invalidValue(path: String, reason: String)
    /// A document or a list is longer than its limit allows.
    case limitExceeded(what: String, limit: Int)
    /// A path that may not occur in a bundle or in machine.json.
    case invalidPath(path: String, reason: String)
    /// A document was written by a later Slipway.
    case futureVersion(document: String, found: Int64, reader: String, supported: Int64)

    public var description: String {
        switch self {
        case .malformedJSON(let line, let column, let reason):
            "line \(line), column \(column): \(reason)"
        case .invalidValue(let path, let reason):
            "\(printable(path)): \(reason)"
        case .limitExceeded(let what, let limit):
            "\(what) exceeds the limit of \(limit)"
        case .invalidPath(let path, let reason):
            "path \"\(printable(path))\" is refused: \(reason)"
        case .futureVersion(let document, let found, let reader, let supported):
            "\(document) version \(found) is from the future; this \(reader) reads version \(supported)"
        }
    }
}

extension FormatError {
    /// Refuses a list in which two entries have the same value, for example the same name; nil equals nothing.
    static func refuseRepeated<Value: Hashable & CustomStringConvertible>(
        _ values: [Value?], in list: String, member: String
    ) throws(FormatError) {
        var seen: Set<Value> = []
        for (index, value) in values.enumerated() {
            guard let value, !seen.insert(value).inserted else { continue }
            throw .invalidValue(
                path: "\(list)[\(index)].\(member)", reason: "\"\(printable(value.description))\" occurs twice")
        }
    }
}
