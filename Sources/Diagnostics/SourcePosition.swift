/// A place in a source file: where a value that a person wrote begins, and how long it is.
///
/// Lines and columns count from 1, columns in Unicode scalars, as editors and compilers do.
public struct SourcePosition: Sendable, Hashable {
    /// The file as it was named on the command line.
    public let file: String
    public let line: Int
    public let column: Int
    /// Length of the marked text in Unicode scalars; at least 1.
    public let length: Int

    public init(file: String, line: Int, column: Int, length: Int = 1) {
        self.file = file
        self.line = line
        self.column = column
        self.length = max(1, length)
    }
}

extension SourcePosition: CustomStringConvertible {
    /// `file:line:column`, the form that editors and terminals make clickable.
    public var description: String { "\(file):\(line):\(column)" }
}
