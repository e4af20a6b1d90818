/// Below another root than `/` no program is run, for it would change the system that runs it.
final class OfflineServices: SystemServices {
    var isOffline: Bool { true }

    func run(_ command: ExternalCommand) throws(ApplyError) -> CommandResult { CommandResult(status: 0, output: "") }

    func pause(milliseconds: Int) {}
}
