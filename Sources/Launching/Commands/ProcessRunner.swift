public import HostSystem

/// Runs programs as child processes of this one.
public struct ProcessRunner: CommandRunner {
    public init() {}

    public func run(_ command: ExternalCommand) throws(LaunchError) -> CommandResult {
        _ = try Self.executable(command.program)
        do throws(SystemError) { return try command.run() } catch { throw LaunchError(error) }
    }

    public func start(_ command: ExternalCommand) throws(LaunchError) -> Int32 {
        _ = try Self.executable(command.program)
        do throws(SystemError) { return try command.start() } catch { throw LaunchError(error) }
    }

    /// The program's place.
    package static func executable(_ program: String) throws(LaunchError) -> String {
        guard let place = ExternalCommand.locate(program) else { throw .missingProgram(program) }
        return place
    }
}

/// Hands this process over to a program that a person talks to.
public enum Interactive {
    /// Becomes the program, which keeps the terminal; returns only by throwing.
    public static func become(_ command: ExternalCommand) throws(LaunchError) -> Never {
        _ = try ProcessRunner.executable(command.program)
        do throws(SystemError) { try command.become() } catch { throw LaunchError(error) }
    }
}
