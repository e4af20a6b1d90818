import Diagnostics

/// Turns one written setting into its typed value, or reports why it is not one and returns the default.
struct SettingParser {
    /// Parses `text` with `parse`; a missing setting gives the fallback silently, a wrong one with an error.
    static func value<Value>(
        _ text: Located<String>?, _ subject: String, default fallback: Value, expected: String, example: String,
        _ report: inout Report, _ parse: (String) -> Value?
    ) -> Value {
        guard let text else { return fallback }
        if let value = parse(text.value) { return value }
        report.error(
            subject, "'\(text.value)' is not \(expected)", at: text.position,
            help: "expected \(expected), such as \(example)")
        return fallback
    }

    /// Parses one of an enumeration's words, with a suggestion for a near miss.
    static func choice<Choice: RawRepresentable & CaseIterable>(
        _ text: Located<String>?, _ subject: String, default fallback: Choice, _ report: inout Report
    ) -> Choice where Choice.RawValue == String {
        guard let text else { return fallback }
        if let choice = Choice(rawValue: text.value) { return choice }
        report.error(
            subject, "'\(text.value)' is not supported here", at: text.position,
            help: Suggestion.help(for: text.value, among: Choice.allCases.map(\.rawValue)))
        return fallback
    }
}
