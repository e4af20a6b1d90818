/// One finding about the input: what is wrong, where, and what to do about it.
///
/// A diagnostic is data. It is printed once, at the end of a run, by ``DiagnosticPrinter``.
public struct Diagnostic: Sendable, Hashable {
    public let severity: Severity
    /// The key path of the setting at fault, such as `network.services` or `machines[3].address`;
    /// stable, so that a program can match on it.
    public let subject: String
    /// What is wrong, in one sentence without a full stop.
    public let message: String
    /// Where it was written; `nil` when the finding is about no single place.
    public let position: SourcePosition?
    /// What to do, printed behind the caret.
    public let help: String?

    public init(
        _ severity: Severity, _ subject: String, _ message: String, at position: SourcePosition?, help: String? = nil
    ) {
        self.severity = severity
        self.subject = subject
        self.message = message
        self.position = position
        self.help = help
    }
}

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
