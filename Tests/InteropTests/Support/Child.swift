import Foundation
import Synchronization

/// A child process in a process group of its own, which is ended with everything that it started.
///
/// Output goes to files, so that no pipe can fill up and stop it.
final class Child: Sendable {
    struct Outcome {
        let status: Int32
        let output: String
        let errors: String
        /// Everything that was printed, for a failing expectation's comment.
        var transcript: String { "exit \(status)\n\(output)\(errors)" }
    }

    struct TimedOut: Error, CustomStringConvertible {
        let command: [String]
        let printed: String
        var description: String { "did not end in time: \(command.joined(separator: " "))\n\(printed)" }
    }

    private let process: Mutex<Process>
    let identifier: pid_t
    private let ended = DispatchSemaphore(value: 0)
    private let directory: TemporaryDirectory

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - command: the program's path, then its arguments.
    ///   - environment: what it gets beside this process's own environment.
    init(
        starting command: [String], in workingDirectory: URL? = nil, environment: [String: String] = [:], input: String = ""
    ) throws {
        directory = try TemporaryDirectory()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        if let workingDirectory { process.currentDirectoryURL = workingDirectory }
        let input = try FileHandle(forReadingFrom: directory.write(input, to: "stdin"))
        let output = try FileHandle(forWritingTo: directory.write("", to: "stdout"))
        let errors = try FileHandle(forWritingTo: directory.write("", to: "stderr"))
        (process.standardInput, process.standardOutput, process.standardError) = (input, output, errors)
        process.terminationHandler = { [ended] _ in ended.signal() }
        try process.run()
        // Foundation keeps them for ever, and crashes when more than about 1,300 descriptors are open.
        for handle in [input, output, errors] { try handle.close() }
        identifier = process.processIdentifier
        self.process = Mutex(process)
    }

    deinit { stop() }

    /// Runs a program to its end.
    static func run(
        _ command: [String], in directory: URL? = nil, environment: [String: String] = [:], input: String = "",
        limit: Duration = .seconds(60)
    ) throws -> Outcome {
        let child = try Child(starting: command, in: directory, environment: environment, input: input)
        guard child.ended.wait(timeout: .now() + .seconds(Int(limit.components.seconds))) == .success else {
            child.stop()
            throw TimedOut(command: command, printed: child.printed)
        }
        let status = child.process.withLock { $0.terminationStatus }
        return Outcome(status: status, output: child.read("stdout"), errors: child.read("stderr"))
    }

    var isRunning: Bool { process.withLock { $0.isRunning } }

    /// Everything it has printed so far.
    var printed: String { read("stdout") + read("stderr") }

    /// Asks the whole group to end, and after five seconds makes it.
    func stop() {
        guard isRunning else { return }
        kill(-identifier, SIGTERM)
        if ended.wait(timeout: .now() + 5) != .success { kill(-identifier, SIGKILL) }
    }

    private func read(_ name: String) -> String {
        let bytes = try? Data(contentsOf: directory.url.appendingPathComponent(name))
        return String(decoding: bytes ?? Data(), as: UTF8.self)
    }
}
