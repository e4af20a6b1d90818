/// How much a finding matters.
public enum Severity: String, Sendable, Hashable, Comparable {
    /// Worth knowing; never fails a run.
    case note
    /// Probably not what was meant; fails a run under `--strict`.
    case warning
    /// Nothing can be built from this input.
    case error

    public static func < (lhs: Severity, rhs: Severity) -> Bool { lhs.rank < rhs.rank }

    private var rank: Int {
        switch self {
        case .note: 0
        case .warning: 1
        case .error: 2
        }
    }
}
