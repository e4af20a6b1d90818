public import HostSystem

/// Runs programs; tests have one that only records.
public protocol CommandRunner: Sendable {
    /// Runs the program to its end.
    ///
    /// - Returns: its status; 137 when it was killed because its time was up.
    /// - Throws: ``LaunchError/missingProgram(_:)``. A status other than 0 is a result.
    func run(_ command: ExternalCommand) throws(LaunchError) -> CommandResult

    /// Starts a program that goes on when this process has ended, in a session of its own.
    ///
    /// - Returns: its process.
    func start(_ command: ExternalCommand) throws(LaunchError) -> Int32
}

extension CommandRunner {
    /// Runs a program that must succeed; what it printed.
    @discardableResult
    public func require(_ command: ExternalCommand) throws(LaunchError) -> String {
        let result = try run(command)
        guard result.status == 0 else {
            let said = result.errors.isEmpty ? result.output : result.errors
            throw .commandFailed(
                command: command.arguments.joined(separator: " "), status: result.status,
                output: said.trimmingSuffix(while: \.isWhitespace))
        }
        return result.output
    }
}

extension String {
    package func trimmingSuffix(while matches: (Character) -> Bool) -> String {
        var text = self[...]
        while let last = text.last, matches(last) { text.removeLast() }
        return String(text)
    }
}

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
