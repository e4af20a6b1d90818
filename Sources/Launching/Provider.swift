public import BundleFormat

/// What can run the machines of an instance. Each verb may be called again at any time, and finishes what an earlier
/// call began that was killed.
public protocol Provider: Sendable {
    /// As in `--provider`.
    var name: String { get }

    /// Refuses what cannot work here, before anything is made.
    func check(_ plan: LaunchPlan) throws(LaunchError)

    /// Starts those that do not run. Returns their names without waiting for their boot to end.
    func start(_ machines: [LaunchDefinition], of instance: Instance) throws(LaunchError) -> [String]

    /// Ends those that run, in order where they can, after `grace` seconds by force. Returns their names.
    func stop(_ machines: [LaunchDefinition], of instance: Instance, grace: Int) throws(LaunchError) -> [String]

    /// The machines that run.
    func running(_ instance: Instance) throws(LaunchError) -> [String: RunningMachine]

    /// The command that runs a program inside a machine, as root.
    func execution(_ arguments: [String], in machine: RunningMachine, terminal: String?) -> ExternalCommand

    /// The command that runs a program of the host in the instance's network.
    func reaching(_ arguments: [String], _ instance: Instance) -> ExternalCommand

    /// The command that prints a machine's log.
    func log(of machine: String, running: RunningMachine?, _ request: LogRequest, _ instance: Instance)
        -> ExternalCommand

    /// Ends and removes all that an instance has outside its directory, and works without the instance's own documents.
    func destroy(_ paths: InstancePaths) throws(LaunchError)
}
