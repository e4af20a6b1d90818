/// A file that will exist, on a machine or among the operator's files; not rendered yet.
public struct FilePlan: Sendable, Hashable {
    /// Absolute on a machine; relative among the operator's files.
    public let path: String
    public let content: FileContent
    /// Permission bits, such as `0o644`. Secret files are never wider than `0o640`.
    public let mode: UInt16
    public let owner: String
    public let group: String

    public init(
        _ path: String, _ content: FileContent, mode: UInt16? = nil, owner: String = "root", group: String? = nil
    ) {
        self.path = path
        self.content = content
        self.mode = mode ?? (content.exposure == .secret ? 0o600 : 0o644)
        self.owner = owner
        self.group = group ?? owner
    }

    /// A file made from a template that needs nothing from the secrets file.
    public static func rendered(
        _ path: String, _ template: TemplateName, mode: UInt16? = nil, owner: String = "root", group: String? = nil
    ) -> FilePlan {
        FilePlan(path, .template(template, .open), mode: mode, owner: owner, group: group)
    }
}
