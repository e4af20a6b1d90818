/// The text of one source file, split into lines for quoting under a diagnostic.
public struct SourceText: Sendable {
    public let file: String
    public let text: String
    private let lines: [Substring]

    public init(file: String, text: String) {
        self.file = file
        self.text = text
        // `\r\n` is one Character in Swift, so both line ends are covered.
        self.lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
    }

    /// The line with this number, counted from 1, or `nil` past the end.
    public func line(_ number: Int) -> Substring? {
        lines.indices.contains(number - 1) ? lines[number - 1] : nil
    }
}

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

/// A value together with the place in the topology where a person wrote it.
public struct Located<Value> {
    public let value: Value
    public let position: SourcePosition

    public init(_ value: Value, at position: SourcePosition) {
        self.value = value
        self.position = position
    }

    /// The same place with another value, for example after parsing the text.
    public func map<Other, Failure: Error>(
        _ transform: (Value) throws(Failure) -> Other
    ) throws(Failure) -> Located<Other> {
        Located<Other>(try transform(value), at: position)
    }
}

extension Located: Sendable where Value: Sendable {}
extension Located: Equatable where Value: Equatable {}
extension Located: Hashable where Value: Hashable {}
