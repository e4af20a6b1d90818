/// Who holds an SSH key that opens machines.
public enum SSHUser: String, Sendable, Hashable, CaseIterable {
    /// The person at the host; the key is among the operator's files.
    case `operator`
    /// The jump host's account, for going on to every other machine.
    case jump
}
