import HostSystem

@testable import Launching

/// Runs programs with the state of one UTM.
struct StandInRunner: CommandRunner {
    let state: String

    func run(_ command: ExternalCommand) throws(LaunchError) -> CommandResult {
        // The Mac is a made-up one: what this computer would say of itself is not asked.
        guard command.program.hasPrefix("/") || command.program == "qemu-img" else {
            throw .missingProgram(command.program)
        }
        return try ProcessRunner().run(
            ExternalCommand(command.arguments, environment: ["UTM_STATE": state], timeLimit: command.timeLimit))
    }

    func start(_ command: ExternalCommand) throws(LaunchError) -> Int32 { try ProcessRunner().start(command) }
}
