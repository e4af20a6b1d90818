/// The signals that machines are ended with.
public enum ProcessSignal: Hashable, Sendable {
    /// Asks for an orderly end.
    case terminate
    case kill
}
