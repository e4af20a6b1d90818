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
