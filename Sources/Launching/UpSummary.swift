/// What `up` did.
public struct UpSummary: Sendable {
    public let instance: Instance
    /// The machines that did not run before.
    public let started: [String]
    /// Whether machines that were there got another bundle.
    public let isUpdated: Bool
    /// Machines that run on with what they were started with, until they are restarted.
    public let needRestart: [String]
    /// Those of them that could not be given their new seed.
    public var untold: [String] { instance.record.untold }

    public init(instance: Instance, started: [String], isUpdated: Bool = false, needRestart: [String] = []) {
        self.instance = instance
        self.started = started
        self.isUpdated = isUpdated
        self.needRestart = needRestart
    }
}
