public import BundleFormat

/// What is to be found possible or not.
public struct Examination: Sendable {
    /// Nil when there is no bundle yet, and the question is what this host can do at all.
    public let plan: LaunchPlan?
    /// Where the instance is or will be.
    public let paths: InstancePaths
    /// The machines that are to be started; those that run already need nothing more.
    public let machines: [LaunchDefinition]
    public let host: Computer

    public init(plan: LaunchPlan?, paths: InstancePaths, machines: [LaunchDefinition], host: Computer = .current) {
        self.plan = plan
        self.paths = paths
        self.machines = machines
        self.host = host
    }
}
