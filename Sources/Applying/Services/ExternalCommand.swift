/// A program and its arguments, as a value that tests compare.
struct ExternalCommand: Hashable, CustomStringConvertible {
    /// Looked for in the usual directories of the system.
    let program: String
    let arguments: [String]
    /// Added to a small fixed environment.
    let environment: [String: String]
    /// Seconds after which it is ended.
    let timeLimit: Int

    init(_ program: String, _ arguments: [String], environment: [String: String] = [:], timeLimit: Int = 60) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.timeLimit = timeLimit
    }

    var description: String { ([program] + arguments).joined(separator: " ") }
}
