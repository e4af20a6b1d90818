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
