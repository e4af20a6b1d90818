/// A directory that must exist with these rights before files are placed or units start.
public struct DirectoryPlan: Sendable, Hashable {
    public let path: String
    public let mode: UInt16
    public let owner: String
    public let group: String

    public init(_ path: String, mode: UInt16 = 0o755, owner: String = "root", group: String? = nil) {
        self.path = path
        self.mode = mode
        self.owner = owner
        self.group = group ?? owner
    }
}
