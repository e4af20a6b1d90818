import Launching

/// A machine's state as `utmctl` prints it.
enum UTMState: String, Hashable, Sendable {
    case stopped, starting, started, pausing, paused, resuming, stopping
    /// For a state that this version of `utmctl` does not know.
    case unknown

    /// What other providers call it; nil for a machine that is powered off.
    var running: RunningMachine.State? {
        switch self {
        case .stopped: nil
        case .starting, .resuming: .starting
        case .started, .unknown: .running
        case .pausing, .paused: .paused
        case .stopping: .stopping
        }
    }
}
