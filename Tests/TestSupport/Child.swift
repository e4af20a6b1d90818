package import Foundation
import Synchronization

/// A child process in a process group of its own, which is ended with everything that it started.
///
/// Output goes to files, so that no pipe can fill up and stop it.
package final class Child: Sendable {
    package struct Outcome {
        /// The exit status; 128 and the signal's number after a signal.
        package let status: Int32
        package let output: String
        package let errors: String
        /// Everything that was printed, for a failing expectation's comment.
        package var transcript: String { "exit \(status)\n\(output)\(errors)" }
    }

    package struct TimedOut: Error, CustomStringConvertible {
        let command: [String]
        let printed: String
        package var description: String { "did not end in time: \(command.joined(separator: " "))\n\(printed)" }
    }

    package let identifier: pid_t
    private let status = Mutex<Int32?>(nil)
    private let directory: Scratch

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - command: the program's path, then its arguments.
    ///   - environment: what it gets beside this process's own environment.
    package init(
        starting command: [String], in workingDirectory: URL? = nil, environment: [String: String] = [:],
        input: String = ""
    ) throws {
        directory = try Scratch()
        let streams = Spawn.Streams(
            input: try directory.write(input, to: "stdin"), output: try directory.write("", to: "stdout"),
            errors: try directory.write("", to: "stderr"))
        let changed = workingDirectory.map { ["/bin/sh", "-c", "cd -- \"$0\" && exec \"$@\"", $0.path] } ?? []
        // The tests may be run by make: one that a test starts is not that one's child.
        let inherited = ProcessInfo.processInfo.environment.filter {
            !["MAKEFLAGS", "MAKELEVEL", "MFLAGS"].contains($0.key)
        }
        let merged = inherited.merging(environment) { $1 }
        identifier = try Spawn.start(changed + command, environment: merged, streams)
    }

    deinit { stop() }

    /// Runs a program to its end.
    package static func run(
        _ command: [String], in directory: URL? = nil, environment: [String: String] = [:], input: String = "",
        limit: Duration = .seconds(300)
    ) throws -> Outcome {
        let child = try Child(starting: command, in: directory, environment: environment, input: input)
        guard let status = child.wait(for: limit) else {
            child.stop()
            throw TimedOut(command: command, printed: child.printed)
        }
        return Outcome(status: status, output: child.read("stdout"), errors: child.read("stderr"))
    }

    package var isRunning: Bool { statusIfEnded() == nil }

    /// Everything it has printed so far.
    package var printed: String { read("stdout") + read("stderr") }

    /// Asks the whole group to end, and after five seconds makes it.
    package func stop() {
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
