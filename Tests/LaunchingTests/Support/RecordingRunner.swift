import HostSystem
import Synchronization
import TestSupport

@testable import Launching

/// Runs nothing: notes each command and answers as it was told to.
final class RecordingRunner: CommandRunner {
    private let answer: @Sendable (ExternalCommand) -> CommandResult
    private let recorded = Mutex<[ExternalCommand]>([])

    init(_ answer: @escaping @Sendable (ExternalCommand) -> CommandResult = { _ in CommandResult(status: 0) }) {
        self.answer = answer
    }

    var commands: [ExternalCommand] { recorded.withLock { $0 } }
    /// A line for each command.
    var lines: [String] { commands.map { $0.arguments.joined(separator: " ") } }

    func run(_ command: ExternalCommand) throws(LaunchError) -> CommandResult {
        recorded.withLock { $0.append(command) }
        return answer(command)
    }

    func start(_ command: ExternalCommand) throws(LaunchError) -> Int32 {
        recorded.withLock { $0.append(command) }
        return 4242
    }
}

/// What a provider was asked for, in order; what it is told to fail at, it fails at.
final class Asked: Sendable {
    private let noted = Mutex<[String]>([])
    private let failing: Set<String>

    init(failing: Set<String> = []) { self.failing = failing }

    var steps: [String] { noted.withLock { $0 } }

    func note(_ step: String) throws(LaunchError) {
        noted.withLock { $0.append(step) }
        if failing.contains(step) { throw .controlFailed(machine: "etcd-1", reason: "no") }
    }
}

typealias TemporaryDirectory = Scratch
typealias Files = HostSystem.Files<LaunchError>
typealias FileCopy = HostSystem.FileCopy<LaunchError>
