/// The programs of the machine: systemd, dpkg, containerd, shadow. Tests record what is asked of them.
protocol SystemServices: AnyObject {
    /// No program can be run: the root is not the root of this system.
    var isOffline: Bool { get }

    func run(_ command: ExternalCommand) throws(ApplyError) -> CommandResult

    /// Lets time pass between two looks at something.
    func pause(milliseconds: Int)
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
