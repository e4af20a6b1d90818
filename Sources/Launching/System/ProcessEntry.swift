/// One process of this host.
public struct ProcessEntry: Hashable, Sendable {
    public let id: Int32
    public let parent: Int32
    /// The kernel's short name for it: at most 15 bytes.
    public let name: String

    public init(id: Int32, parent: Int32, name: String) {
        self.id = id
        self.parent = parent
        self.name = name
    }
}
