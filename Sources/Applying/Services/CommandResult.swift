/// How a program ended and what it said.
struct CommandResult: Hashable {
    /// The exit status; 128 plus the signal's number when it was killed.
    let status: Int32
    /// Standard output and standard error as they came, the first 256 KiB.
    let output: String

    var isSuccess: Bool { status == 0 }

    /// The last words, for an error message of one line.
    var lastLines: String {
        output.split(separator: "\n").suffix(3).joined(separator: "; ")
    }
}
