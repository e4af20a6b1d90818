import ArgumentParser
import ClusterModel
import Foundation
import Values

/// What a command may use of the world around it; tests give their own.
struct Context: Sendable {
    /// Results; nothing else goes here.
    let out: @Sendable (String) -> Void
    /// Talk: findings, progress, errors.
    let err: @Sendable (String) -> Void
    let environment: [String: String]
    /// Whether ``err`` is a terminal that shows colours.
    let colour: Bool
    /// Whether a person types what is read.
    let isInteractive: Bool
    let processorCount: Int
    /// The clock. Only `check` asks for it.
    let now: @Sendable () -> Timestamp

    /// The real process.
    static func process() -> Context {
        let environment = ProcessInfo.processInfo.environment
        let terminal = isatty(STDERR_FILENO) == 1 && environment["NO_COLOR"] == nil && environment["TERM"] != "dumb"
        return Context(
            out: { FileHandle.standardOutput.write(Data($0.utf8)) },
            err: { FileHandle.standardError.write(Data($0.utf8)) },
            environment: environment, colour: terminal,
            isInteractive: isatty(STDIN_FILENO) == 1,
            processorCount: ProcessInfo.processInfo.activeProcessorCount,
            now: { Timestamp(secondsSince1970: Int64(Date().timeIntervalSince1970)) })
    }
}

/// A command whose work is a function of its arguments and a ``Context``.
protocol ContextCommand: AsyncParsableCommand {
    /// Does the work.
    ///
    /// - Throws: ``CommandFailure`` and nothing else that a person should see.
    func run(_ context: Context) async throws
}

extension ContextCommand {
    func run() async throws { try await run(Context.process()) }
}
