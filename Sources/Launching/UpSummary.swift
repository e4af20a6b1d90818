/// What `up` did.
public struct UpSummary: Sendable {
    public let instance: Instance
    /// The machines that did not run before.
    public let started: [String]
    /// Whether machines that were there got another bundle.
    public let isUpdated: Bool

    public init(instance: Instance, started: [String], isUpdated: Bool = false) {
        self.instance = instance
        self.started = started
        self.isUpdated = isUpdated
    }
}
