/// Hands this process over to a program that a person talks to.
public enum Interactive {
    /// Becomes the program, which keeps the terminal; returns only by throwing.
    ///
    /// - Parameter directory: where the program starts.
    public static func become(_ command: ExternalCommand, directory: String? = nil) throws(LaunchError) -> Never {
        let program = try ProcessRunner.executable(command.program)
        throw SystemCalls.become(program, command.arguments, directory: directory)
    }
}
