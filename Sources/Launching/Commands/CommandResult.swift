/// How a program ended, and what it said.
public struct CommandResult: Hashable, Sendable {
    /// 128 and the signal's number when a signal ended it.
    public let status: Int32
    public let output: String
    public let errors: String

    public init(status: Int32, output: String = "", errors: String = "") {
        self.status = status
        self.output = output
        self.errors = errors
    }
}
