/// What a virtual machine does, by the names of QEMU's `RunState`.
enum VMState: Hashable, Sendable {
    case running
    /// By `stop`, as for a snapshot.
    case paused
    /// Before its first instruction.
    case prelaunch
    /// The guest has powered off, and QEMU is about to end.
    case shutdown
    case suspended
    /// The accelerator gave up: the guest cannot go on.
    case internalError
    /// The host's disk is full or broken; `cont` tries again.
    case ioError
    case guestPanicked
    case savingState
    case restoringState
    /// Any other, by its name.
    case unknown(String)

    private static let names: [String: VMState] = [
        "running": .running, "paused": .paused, "prelaunch": .prelaunch, "shutdown": .shutdown,
        "suspended": .suspended, "internal-error": .internalError, "io-error": .ioError,
        "guest-panicked": .guestPanicked, "save-vm": .savingState, "restore-vm": .restoringState,
    ]

    init(name: String) { self = Self.names[name] ?? .unknown(name) }

    /// Whether the guest could do something about a request to power off, perhaps after `cont`.
    var canPowerDown: Bool {
        switch self {
        case .shutdown, .internalError, .guestPanicked: false
        default: true
        }
    }
}
