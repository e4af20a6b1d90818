import BundleFormat
import Values

/// The programs of the machine: systemd, dpkg, containerd, shadow. Tests record what is asked of them.
protocol SystemServices: AnyObject {
    /// No program can be run: the root is not the root of this system.
    var isOffline: Bool { get }

    func run(_ command: ExternalCommand) throws(ApplyError) -> CommandResult

    /// The program reads the archive from its standard input.
    func run(_ command: ExternalCommand, input: ImageArchive) throws(ApplyError) -> CommandResult

    /// Lets time pass between two looks at something.
    func pause(milliseconds: Int)

    /// Asks many things at once.
    func probe(_ requests: [ProbeRequest]) -> [ProbeAnswer]

    /// Since the kernel started, as systemd counts.
    var microseconds: Int64 { get }
    /// By the machine's clock.
    var now: Timestamp { get }

    /// Nil when the path is not there.
    func space(of path: String) -> DiskSpace?
}

extension SystemServices {
    /// Runs a command that must succeed.
    func require(_ command: ExternalCommand) throws(ApplyError) {
        let result = try run(command)
        guard result.isSuccess else {
            throw .commandFailed(command: command.description, status: result.status, output: result.lastLines)
        }
    }
}

/// Below another root than `/` no program is run, for it would change the system that runs it.
final class OfflineServices: SystemServices {
    var isOffline: Bool { true }

    func run(_ command: ExternalCommand) throws(ApplyError) -> CommandResult { CommandResult(status: 0, output: "") }

    func run(_ command: ExternalCommand, input: ImageArchive) throws(ApplyError) -> CommandResult { try run(command) }

    func pause(milliseconds: Int) {}

    func probe(_ requests: [ProbeRequest]) -> [ProbeAnswer] {
        requests.map { _ in ProbeAnswer(outcome: .unanswered("no program is run below another root")) }
    }

    var microseconds: Int64 { 0 }
    var now: Timestamp { Timestamp(secondsSince1970: 0) }
    func space(of path: String) -> DiskSpace? { nil }
}

/// A program and its arguments, as a value that tests compare.
struct ExternalCommand: Hashable, CustomStringConvertible {
    /// Looked for in the usual directories of the system.
    let program: String
    let arguments: [String]
    /// Added to a small fixed environment.
    let environment: [String: String]
    /// Seconds after which it is ended.
    let timeLimit: Int

    init(_ program: String, _ arguments: [String], environment: [String: String] = [:], timeLimit: Int = 60) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.timeLimit = timeLimit
    }

    var description: String { ([program] + arguments).joined(separator: " ") }
}

/// How a program ended and what it said.
struct CommandResult: Hashable {
    /// The exit status; 128 plus the signal's number when it was killed.
    let status: Int32
    /// Standard output and standard error as they came, the first 256 KiB.
    let output: String

    var isSuccess: Bool { status == 0 }

    /// The last words, for an error message of one line.
    var lastLines: String {
        output.split(separator: "\n").suffix(3).joined(separator: "; ")
    }
}

/// The commands the applier gives.
extension ExternalCommand {
    // MARK: Accounts

    static func makeGroup(_ group: MachineGroup) -> ExternalCommand {
        var arguments = group.isSystem ? ["--system"] : []
        if let gid = group.gid { arguments += ["--gid", "\(gid)"] }
        return ExternalCommand("groupadd", arguments + [group.name])
    }

    static func makeUser(_ user: MachineUser) -> ExternalCommand {
        // A system account's home is its service's state directory, which machine.json lists with its own mode.
        var arguments = user.isSystem ? ["--system", "--no-create-home"] : ["--create-home"]
        if let uid = user.uid { arguments += ["--uid", "\(uid)"] }
        arguments += ["--gid", user.group]
        if !user.groups.isEmpty { arguments += ["--groups", user.groups.joined(separator: ",")] }
        return ExternalCommand(
            "useradd", arguments + ["--home-dir", user.home, "--shell", user.shell, user.name])
    }

    // MARK: Payloads

    /// In one call, so that they may depend on each other. A file of ours in a configuration file's place stays.
    static func installPackages(_ paths: [String]) -> ExternalCommand {
        ExternalCommand(
            "dpkg", ["--install", "--force-confold", "--refuse-downgrade"] + paths,
            environment: packaging, timeLimit: 1800)
    }

    /// What was unpacked and not configured.
    static let configurePackages = ExternalCommand(
        "dpkg", ["--configure", "--force-confold", "--pending"], environment: packaging, timeLimit: 1800)

    static let listPackages = ExternalCommand("dpkg-query", ["--show", "--showformat=\(DpkgList.format)"])

    private static let packaging = ["DEBIAN_FRONTEND": "noninteractive", ServicePolicy.variable: "1"]

    static let containerdVersion = ExternalCommand("ctr", ["version"], timeLimit: 10)

    /// Into the name space the kubelet uses.
    ///
    /// - Parameter paths: of an archive, or `-` for standard input.
    static func importImage(at paths: [String]) -> ExternalCommand {
        ExternalCommand("ctr", ["--namespace", "k8s.io", "images", "import"] + paths, timeLimit: 600)
    }

    // MARK: Units

    static let reloadUnits = ExternalCommand("systemctl", ["daemon-reload"])

    static func enable(_ units: [String]) -> ExternalCommand {
        ExternalCommand("systemctl", ["enable", "--quiet"] + units)
    }

    /// Stops the unit and waits until it has, since its program goes next.
    static func disable(_ unit: String) -> ExternalCommand {
        ExternalCommand("systemctl", ["disable", "--quiet", "--now", unit], timeLimit: 120)
    }

    /// Forgets that a unit failed, so that nobody is told of a unit that is gone.
    static func resetFailed(_ unit: String) -> ExternalCommand { ExternalCommand("systemctl", ["reset-failed", unit]) }

    /// Without waiting: units of one machine wait for units of another.
    static func queue(_ verb: String, _ units: [String]) -> ExternalCommand {
        ExternalCommand("systemctl", ["--no-block", verb] + units)
    }

    static func show(_ units: [String], _ properties: [String] = UnitState.properties) -> ExternalCommand {
        ExternalCommand("systemctl", ["show", "--property=" + properties.joined(separator: ",")] + units)
    }

    // MARK: Health

    /// When this machine's systemd came up: in a container that is not when the kernel did.
    static let managerTimes = ExternalCommand("systemctl", ["show", "--property=UserspaceTimestampMonotonic"])

    /// What failed or does not come up, one line each that begins with the unit's name.
    static let troubledUnits = ExternalCommand(
        "systemctl",
        [
            "list-units", "--all", "--state=failed,activating", "--type=service,socket,mount,timer,swap", "--plain",
            "--no-legend", "--no-pager",
        ])

    /// What the unit's processes wrote last, without what systemd says of it.
    static func journal(of unit: String, lines: Int) -> ExternalCommand {
        ExternalCommand(
            "journalctl",
            ["--boot", "--quiet", "--no-pager", "--output=cat", "--lines=\(lines)", "_SYSTEMD_UNIT=\(unit)"])
    }

    /// A program of machine.json's checks, as an account that may do nothing but be itself: no capabilities, and none to be had.
    ///
    /// - Parameter group: the account's own, as a number.
    static func unprivileged(_ program: HealthCheck.Program, group: UInt32) -> ExternalCommand {
        ExternalCommand(
            "setpriv",
            [
                "--reuid=\(program.user)", "--regid=\(group)", "--clear-groups", "--no-new-privs", "--inh-caps=-all",
                "--bounding-set=-all", "--", program.path,
            ] + program.arguments, environment: ["HOME": "/nonexistent"].merging(program.environment) { $1 })
    }
}
