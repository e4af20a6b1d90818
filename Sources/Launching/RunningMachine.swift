/// A machine that is not powered off.
public struct RunningMachine: Hashable, Sendable {
    public enum State: String, Hashable, Sendable {
        /// Being set up; nothing inside it runs yet.
        case starting
        case running
        case paused
        case stopping
        /// Its processor cannot go on.
        case crashed
    }

    public let name: String
    public let state: State
    /// Where the machine is a container: its first process, as the host numbers processes.
    public let leader: Int32?

    public init(name: String, state: State, leader: Int32? = nil) {
        self.name = name
        self.state = state
        self.leader = leader
    }
}
