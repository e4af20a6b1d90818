/// What `up` did.
public struct UpSummary: Sendable {
    public let instance: Instance
    /// The machines that did not run before.
    public let started: [String]
    /// Whether machines that were there got another bundle.
    public let isUpdated: Bool
    /// Machines that could not be given their new seed, and run on with an older one.
    public let untold: [String]
    /// These, and machines that run with an older depot than the one that is in place: until they are restarted.
    public let needRestart: [String]

    public init(
        instance: Instance, started: [String], isUpdated: Bool = false, untold: [String] = [],
        needRestart: [String] = []
    ) {
        self.instance = instance
        self.started = started
        self.isUpdated = isUpdated
        self.untold = untold
        self.needRestart = needRestart
    }
}
