public import Diagnostics

/// What a topology says for one key: nothing, something that was refused, or a value at its place.
///
/// Later stages are silent about a setting that was refused: one cause, one finding.
public enum Setting<Value: Sendable>: Sendable {
    case absent
    /// What was written there is no such value; the report says so already.
    case refused(at: SourcePosition)
    case written(Value, at: SourcePosition)

    public var value: Value? {
        if case .written(let value, _) = self { value } else { nil }
    }

    /// Where something was written, right or wrong.
    public var position: SourcePosition? {
        switch self {
        case .absent: nil
        case .refused(let position), .written(_, let position): position
        }
    }

    public var isRefused: Bool {
        if case .refused = self { true } else { false }
    }

    public var isAbsent: Bool {
        if case .absent = self { true } else { false }
    }

    /// Counts a key that is absent only because it is misspelt as refused: the unknown key is reported.
    mutating func excuse(_ misspelt: SourcePosition?) {
        if isAbsent, let misspelt { self = .refused(at: misspelt) }
    }
}

/// Why a text is not the value of a setting.
struct Refusal: Error {
    let message: String
    let help: String
}

/// How the text of a setting becomes its value: the one place where a topology's text is parsed.
struct Rule<Value: Sendable>: Sendable {
    /// Says no more than ``parse`` does: what it refuses is refused, and mostly the other way round.
    let schema: Schema
    let parse: @Sendable (String) -> Result<Value, Refusal>

    init(_ schema: Schema = .text(), _ parse: @escaping @Sendable (String) -> Result<Value, Refusal>) {
        self.schema = schema
        self.parse = parse
    }

    /// `'x' is not a lifetime`, `expected a lifetime, such as 1y`.
    init(
        _ what: String, like example: String, _ schema: Schema = .text(),
        _ parse: @escaping @Sendable (String) -> Value?
    ) {
        self.init(schema) { text in
            if let value = parse(text) { return .success(value) }
            return .failure(
                Refusal(message: "'\(text)' is not \(what)", help: "expected \(what), such as \(example)"))
        }
    }
}

extension Rule where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of an enumeration's words, with a suggestion for a near miss or another name of the same.
    static func word(_ what: String) -> Self {
        Self(.words(Value.allCases.map(\.rawValue))) { text in
            if let value = Value(rawValue: text) { return .success(value) }
            return .failure(
                Refusal(
                    message: "'\(text)' is not \(what)",
                    help: Synonym.value(text).flatMap { Value(rawValue: $0) }.map { "did you mean '\($0.rawValue)'?" }
                        ?? Suggestion.help(for: text, among: Value.allCases.map(\.rawValue))))
        }
    }
}
