/// A machine that runs.
public struct RunningMachine: Hashable, Sendable {
    public let name: String
    /// The first process inside it, as the host numbers processes; nil while it is still being set up.
    public let leader: Int32?
    /// Its file tree as the host sees it; nil where the host cannot look into the machine.
    public let tree: String?

    public init(name: String, leader: Int32?, tree: String?) {
        self.name = name
        self.leader = leader
        self.tree = tree
    }
}
