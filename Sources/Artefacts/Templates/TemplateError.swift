/// A mistake in a template or in what it is given; always names the template and the line.
public struct TemplateError: Error, Sendable, Hashable, CustomStringConvertible {
    public let template: String
    /// Line in the template, from 1.
    public let line: Int
    public let message: String

    public var description: String { "templates/\(template):\(line): \(message)" }
}
