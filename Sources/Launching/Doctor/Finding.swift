/// One thing that was looked at before machines are started.
public struct Finding: Hashable, Sendable {
    public enum Level: String, Hashable, Sendable {
        case ok, warning
        /// Nothing can be started.
        case failure
    }

    public let level: Level
    /// What was looked at, in a word or two, such as `memory`.
    public let subject: String
    public let message: String
    /// What to do about it.
    public let remedy: String?

    public init(_ level: Level, _ subject: String, _ message: String, remedy: String? = nil) {
        self.level = level
        self.subject = subject
        self.message = message
        self.remedy = remedy
    }

    /// The same where another way is open: a failure is a warning then.
    public var tolerated: Finding {
        Finding(level == .failure ? .warning : level, subject, message, remedy: remedy)
    }
}
