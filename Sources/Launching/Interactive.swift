/// Hands this process over to a program that a person talks to.
public enum Interactive {
    /// Becomes the program, which keeps the terminal; returns only by throwing.
    public static func become(_ command: ExternalCommand) throws(LaunchError) -> Never {
        let program = try ProcessRunner.executable(command.program)
        throw SystemCalls.become(program, command.arguments, directory: command.directory)
    }
}
