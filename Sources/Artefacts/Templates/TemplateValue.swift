/// A value that a template can ask for by name.
public enum TemplateValue: Sendable, Hashable {
    /// Inserted as it is, never escaped. Several lines are indented like the place they are inserted at
    /// when the placeholder stands alone on its line.
    case string(String)
    /// Decides whether a section appears.
    case flag(Bool)
    /// Repeats a section once per element, with the element's names in reach.
    case list([TemplateValues])
}

/// The names a template can use. A template must use every one, and nothing else.
public typealias TemplateValues = [String: TemplateValue]

extension TemplateValue: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
    public init(stringLiteral text: String) { self = .string(text) }
}

extension TemplateValue: ExpressibleByBooleanLiteral {
    public init(booleanLiteral flag: Bool) { self = .flag(flag) }
}

extension TemplateValue {
    /// The text of anything that describes itself: a name, an address, a version.
    public static func text(_ value: some CustomStringConvertible) -> TemplateValue { .string(value.description) }

    /// A list whose elements have one name each.
    public static func list(_ name: String, _ texts: some Sequence<String>) -> TemplateValue {
        .list(texts.map { [name: .text($0)] })
    }
}
