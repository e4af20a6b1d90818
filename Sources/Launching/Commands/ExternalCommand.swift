/// A program to run, as a value that tests compare.
public struct ExternalCommand: Hashable, Sendable {
    /// What becomes of the program's output.
    public enum Output: Hashable, Sendable {
        case captured
        /// Appended to the file, which outlives this process.
        case appended(path: String)
    }

    /// The program, found in PATH, and its arguments; no shell is involved.
    public let arguments: [String]
    /// Added to this process's environment.
    public let environment: [String: String]
    public let input: String
    public let output: Output

    public init(
        _ arguments: [String], environment: [String: String] = [:], input: String = "", output: Output = .captured
    ) {
        self.arguments = arguments
        self.environment = environment
        self.input = input
        self.output = output
    }

    public var program: String { arguments.first ?? "" }
}
