public import BundleFormat

/// What is to be found possible or not.
public struct Examination: Sendable {
    /// Nil when there is no bundle yet, and the question is what this host can do at all.
    public let plan: LaunchPlan?
    /// Where the instance is or will be.
    public let paths: InstancePaths
    /// The machines that are to be started.
    public let machines: [LaunchDefinition]
    /// Those that run already: they have their memory, and take what they take.
    public let running: [LaunchDefinition]
    public let host: Computer

    public init(
        plan: LaunchPlan?, paths: InstancePaths, machines: [LaunchDefinition], running: [LaunchDefinition] = [],
        host: Computer = .current
    ) {
        self.plan = plan
        self.paths = paths
        self.machines = machines
        self.running = running
        self.host = host
    }
}

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
