import Foundation
import Synchronization

/// A child process in a process group of its own, which is ended with everything that it started.
///
/// Output goes to files, so that no pipe can fill up and stop it.
final class Child: Sendable {
    struct Outcome {
        /// The exit status; 128 and the signal's number after a signal.
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

    let identifier: pid_t
    private let status = Mutex<Int32?>(nil)
    private let directory: TemporaryDirectory

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - command: the program's path, then its arguments.
    ///   - environment: what it gets beside this process's own environment.
    init(
        starting command: [String], in workingDirectory: URL? = nil, environment: [String: String] = [:],
        input: String = ""
    ) throws {
        directory = try TemporaryDirectory()
        let streams = Spawn.Streams(
            input: try directory.write(input, to: "stdin").path, output: try directory.write("", to: "stdout").path,
            errors: try directory.write("", to: "stderr").path)
        let changed = workingDirectory.map { ["/bin/sh", "-c", "cd -- \"$0\" && exec \"$@\"", $0.path] } ?? []
        let merged = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        identifier = try Spawn.start(changed + command, environment: merged, streams)
    }

    deinit { stop() }

    /// Runs a program to its end.
    static func run(
        _ command: [String], in directory: URL? = nil, environment: [String: String] = [:], input: String = "",
        limit: Duration = .seconds(60)
    ) throws -> Outcome {
        let child = try Child(starting: command, in: directory, environment: environment, input: input)
        guard let status = child.wait(for: limit) else {
            child.stop()
            throw TimedOut(command: command, printed: child.printed)
        }
        return Outcome(status: status, output: child.read("stdout"), errors: child.read("stderr"))
    }

    var isRunning: Bool { statusIfEnded() == nil }

    /// Everything it has printed so far.
    var printed: String { read("stdout") + read("stderr") }

    /// Asks the whole group to end, and after five seconds makes it.
    func stop() {
        guard isRunning else { return }
        kill(-identifier, SIGTERM)
        guard wait(for: .seconds(5)) == nil else { return }
        kill(-identifier, SIGKILL)
        _ = wait(for: .seconds(5))
    }

    private func wait(for limit: Duration) -> Int32? {
        let end = ContinuousClock.now + limit
        var pause = 0.001
        while ContinuousClock.now < end {
            if let status = statusIfEnded() { return status }
            Thread.sleep(forTimeInterval: pause)
            pause = min(pause * 1.5, 0.02)
        }
        return statusIfEnded()
    }

    private func statusIfEnded() -> Int32? {
        status.withLock { known in
            if known == nil { known = Spawn.statusIfEnded(identifier) }
            return known
        }
    }

    private func read(_ name: String) -> String {
        let bytes = try? Data(contentsOf: directory.url.appendingPathComponent(name))
        return String(decoding: bytes ?? Data(), as: UTF8.self)
    }
}
