import Synchronization

@testable import Launching

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
