public import BundleFormat
public import HostSystem

/// What can run the machines of an instance. Each verb may be called again at any time, and finishes what an earlier
/// call began that was killed.
public protocol Provider: Sendable {
    /// As in `--provider`.
    var name: ProviderName { get }

    /// What its machines are given.
    var media: Media { get }

    /// Looks whether machines can run here, and changes nothing. A failure among the findings forbids to start any.
    func examine(_ subject: Examination) -> [Finding]

    /// Starts those that do not run. Returns their names without waiting for their boot to end.
    func start(_ machines: [LaunchDefinition], of instance: Instance) throws(LaunchError) -> [String]

    /// Has those go on that are paused or suspended: with the seed that they had, so that they have to be told of another
    /// one like those that run.
    ///
    /// - Returns: the names of those that went on.
    func resume(_ machines: [LaunchDefinition], of instance: Instance) throws(LaunchError) -> [String]

    /// Ends those that run, in order where they can, after `grace` seconds by force. Returns their names.
    func stop(_ machines: [LaunchDefinition], of instance: Instance, grace: Int) throws(LaunchError) -> [String]

    /// Why it cannot have a machine stand still; nil when it can.
    var obstacleToFreezing: String? { get }

    /// Has running machines stand still as they are, or go on.
    func setFrozen(_ isFrozen: Bool, _ machines: [LaunchDefinition], of instance: Instance) throws(LaunchError)

    /// The machines that are not powered off.
    func running(_ instance: Instance) throws(LaunchError) -> [String: RunningMachine]

    /// The command that runs a program inside a machine, as root.
    func execution(
        _ arguments: [String], in machine: RunningMachine, of instance: Instance, terminal: String?
    ) -> ExternalCommand

    /// The command that logs in to a machine by SSH and runs a program there, or a shell.
    func login(_ machine: String, _ arguments: [String], _ instance: Instance) -> ExternalCommand

    /// How programs of this host reach the cluster's API.
    func api(_ instance: Instance) throws(LaunchError) -> APIAccess

    /// The command that prints a machine's log.
    func log(
        of machine: String, running: RunningMachine?, _ request: LogRequest, _ instance: Instance
    ) throws(LaunchError) -> ExternalCommand

    /// How a person gets at a machine's console.
    func console(of machine: String, _ instance: Instance) throws(LaunchError) -> ConsoleAccess

    /// What is wrong with the network that all machines share; empty when all is well. With a fault they are not asked, for
    /// they could not answer.
    func faults(_ instance: Instance) throws(LaunchError) -> [String]

    /// How far a machine's present boot has come as seen from outside, without asking the machine; nil when that tells
    /// nothing.
    func stage(of machine: String, _ instance: Instance) -> BootStage?

    /// Why it cannot count what machines try to send outside; nil when it can.
    var obstacleToSealing: String? { get }

    /// Looks that the machines' network has no way out, and begins to count what they try to send there, when nobody does.
    ///
    /// - Throws: ``LaunchError/cannotSealOff(_:)``
    func sealOff(_ instance: Instance) throws(LaunchError)

    /// The ways out of the machines' network, each as a sentence; empty when it has none.
    func waysOut(_ instance: Instance) throws(LaunchError) -> [String]

    /// Removes what it keeps of machines outside their directories. They do not run.
    func remove(_ machines: [LaunchDefinition], of instance: Instance) throws(LaunchError)

    /// Ends and removes all that an instance has outside its directory, and works without the instance's own documents.
    func destroy(_ paths: InstancePaths) throws(LaunchError)

    /// Keeps the machines' disks as they are under a name, all as of the same moment.
    func takeSnapshot(_ name: String, of instance: Instance) throws(LaunchError)

    /// Gives the machines the disks that were kept under a name. They do not run.
    func restoreSnapshot(_ name: String, of instance: Instance) throws(LaunchError)

    /// Forgets what was kept under a name; nothing to forget is no error.
    func deleteSnapshot(_ name: String, of instance: Instance) throws(LaunchError)
}

extension Provider {
    /// For a provider whose machines' network the host is in.
    public func api(_ instance: Instance) throws(LaunchError) -> APIAccess { .address }

    /// For a provider whose machines' packets nobody sees.
    public var obstacleToSealing: String? {
        "under \(name.rawValue) nobody sees every packet of the machines: use --provider qemu, or nspawn on Linux"
    }
    public func sealOff(_ instance: Instance) throws(LaunchError) {
        throw .cannotSealOff(obstacleToSealing ?? "\(name.rawValue) cannot")
    }
    public func waysOut(_ instance: Instance) throws(LaunchError) -> [String] { [] }

    /// For a provider that is not asked to have machines stand still.
    public var obstacleToFreezing: String? {
        "under \(name.rawValue) a machine cannot be told to stand still: use --provider qemu, or nspawn on Linux"
    }
    public func setFrozen(
        _ isFrozen: Bool, _ machines: [LaunchDefinition], of instance: Instance
    ) throws(LaunchError) {
        throw .controlFailed(
            machine: machines.first?.name ?? "", reason: obstacleToFreezing ?? "\(name.rawValue) cannot freeze it")
    }

    /// For a provider whose ``start(_:of:)`` does it, or whose machines are never paused.
    public func resume(_ machines: [LaunchDefinition], of instance: Instance) throws(LaunchError) -> [String] { [] }
}

/// A machine that is not powered off.
public struct RunningMachine: Hashable, Sendable {
    public enum State: String, Hashable, Sendable {
        /// Being set up; nothing inside it runs yet.
        case starting
        case running
        case paused
        case stopping
        /// Its processor cannot go on.
        case crashed
    }

    public let name: String
    public let state: State
    /// Where the machine is a container: its first process, as the host numbers processes.
    public let leader: Int32?

    public init(name: String, state: State, leader: Int32? = nil) {
        self.name = name
        self.state = state
        self.leader = leader
    }
}

/// What of a machine's log is wanted.
public struct LogRequest: Hashable, Sendable {
    /// Only this unit's.
    public var unit: String?
    /// Only the last lines.
    public var lines: Int?
    public var follows: Bool
    /// What the machine wrote on its console, instead of its journal.
    public var console: Bool

    /// The command inside the machine that prints it.
    package var journal: [String] {
        ["journalctl", "--no-pager"] + selection
    }

    /// journalctl(1)'s options.
    package var selection: [String] {
        (lines.map { ["--lines=\($0)"] } ?? []) + (unit.map { ["--unit=\($0)"] } ?? [])
            + (follows ? ["--follow"] : [])
    }

    public init(unit: String? = nil, lines: Int? = nil, follows: Bool = false, console: Bool = false) {
        self.unit = unit
        self.lines = lines
        self.follows = follows
        self.console = console
    }
}

/// How a person gets at a machine's console.
public enum ConsoleAccess: Hashable, Sendable {
    /// A program that prints what the machine writes.
    case output(ExternalCommand)
    /// A program that takes the terminal, and shows it there in a way of its own.
    case program(ExternalCommand)
    /// A Unix socket that carries its bytes in both directions.
    case socket(path: String)
}

/// The form in which a provider's machines get their seed, the depot and their first disk.
public enum Media: Hashable, Sendable {
    /// Unpacked directories and one tree that all share, for containers.
    case directories
    /// Image files, for virtual machines.
    case images
}
