/// The path of a template below the templates directory, such as `etcd/etcd.service`.
///
/// Each consumer's plan names its templates in an extension, next to the files that are made from them.
public struct TemplateName: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    public let path: String

    public init(stringLiteral path: String) { self.path = path }

    public var description: String { path }
}
