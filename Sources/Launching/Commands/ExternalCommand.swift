/// A program to run, as a value that tests compare.
public struct ExternalCommand: Hashable, Sendable {
    /// What the program reads.
    public enum Input: Hashable, Sendable {
        case nothing
        case text(String)
        case bytes([UInt8])
        case file(path: String)
    }

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
    /// Where the program starts; nil for where this process is.
    public let directory: String?
    public private(set) var input: Input
    public let output: Output
    /// Seconds after which the program is killed, for one that may wait for something that never comes.
    public private(set) var timeLimit: Int?

    public init(
        _ arguments: [String], environment: [String: String] = [:], directory: String? = nil, input: Input = .nothing,
        output: Output = .captured, timeLimit: Int? = nil
    ) {
        self.arguments = arguments
        self.environment = environment
        self.directory = directory
        self.input = input
        self.output = output
        self.timeLimit = timeLimit
    }

    public var program: String { arguments.first ?? "" }

    /// The same with something to read.
    package func reading(_ input: Input) -> ExternalCommand {
        var reading = self
        reading.input = input
        return reading
    }

    /// The same with a limit of time, in seconds.
    package func limited(to seconds: Int) -> ExternalCommand {
        var limited = self
        limited.timeLimit = seconds
        return limited
    }
}
