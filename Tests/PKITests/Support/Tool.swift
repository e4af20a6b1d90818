import Foundation

/// A program of the machine that judges what we made. Its output goes through files, so no pipe can fill up.
struct Tool {
    let executable: URL

    struct Result {
        let status: Int32
        let output: String
        let errors: String
        /// Everything that was printed, for a failing expectation's comment.
        var transcript: String { "exit \(status)\n\(output)\(errors)" }
    }

    struct TimedOut: Error {
        let command: String
    }

    /// The program in PATH, or at an absolute path; nil if there is none.
    static func find(_ name: String) -> Tool? {
        let search = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let candidates = name.hasPrefix("/") ? [name] : search.split(separator: ":").map { "\($0)/\(name)" }
        return candidates.first { FileManager.default.isExecutableFile(atPath: $0) }
            .map { Tool(executable: URL(fileURLWithPath: $0)) }
    }

    /// Whether a test that needs the program shall run: in CI always, so that a missing one is a failure there.
    static func isExpected(_ name: String) -> Bool { isCI || find(name) != nil }

    static var isCI: Bool { ProcessInfo.processInfo.environment["CI"] == "true" }

    /// Runs and waits at most a minute.
    func run(_ arguments: [String], input: String = "", limit: DispatchTimeInterval = .seconds(60)) throws -> Result {
        let directory = try TemporaryDirectory()
        let inputFile = try directory.write(input, to: "stdin")
        let outputFile = try directory.write("", to: "stdout")
        let errorFile = try directory.write("", to: "stderr")
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: inputFile))
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: outputFile))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errorFile))
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        try process.run()
        guard ended.wait(timeout: .now() + limit) == .success else {
            process.terminate()
            throw TimedOut(command: ([executable.path] + arguments).joined(separator: " "))
        }
        return Result(
            status: process.terminationStatus,
            output: try String(contentsOfFile: outputFile, encoding: .utf8),
            errors: try String(contentsOfFile: errorFile, encoding: .utf8))
    }
}
