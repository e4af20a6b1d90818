import BundleFormat
import Values

/// A command of the QEMU Machine Protocol.
struct QMPCommand: Hashable, Sendable {
    let name: String
    let arguments: JSONObject

    init(_ name: String, _ arguments: JSONObject = JSONObject()) {
        self.name = name
        self.arguments = arguments
    }

    static let negotiate = QMPCommand("qmp_capabilities")
    static let status = QMPCommand("query-status")
    /// Presses the power button. A guest may ignore it, and one that is still booting does.
    static let powerDown = QMPCommand("system_powerdown")
    /// Ends QEMU after it has flushed its disks: to the guest a power failure.
    static let quit = QMPCommand("quit")
    static let stop = QMPCommand("stop")
    static let resume = QMPCommand("cont")
    static let wakeUp = QMPCommand("system_wakeup")

    /// A snapshot of the machine's disk, inside it. For one that fits the other machines', stop them all first.
    static func snapshot(_ name: String) -> QMPCommand {
        QMPCommand("blockdev-snapshot-internal-sync", JSONObject([("device", "disk"), ("name", .string(name))]))
    }

    static func deleteSnapshot(_ name: String) -> QMPCommand {
        QMPCommand("blockdev-snapshot-delete-internal-sync", JSONObject([("device", "disk"), ("name", .string(name))]))
    }

    /// The line to send.
    func line(id: Int64) -> [UInt8] {
        var message = JSONObject([("execute", .string(name)), ("id", .integer(id))])
        if !arguments.members.isEmpty { message["arguments"] = .object(arguments) }
        return CanonicalJSON.encode(.object(message)) + [0x0A]
    }
}

/// What QEMU sends: docs/interop/qmp-spec of its sources.
enum QMPMessage: Hashable, Sendable {
    case greeting
    /// Something happened; nobody asked.
    case event(String)
    case result(id: Int64?, JSONValue)
    /// Without an id when QEMU could not read the command.
    case failure(id: Int64?, kind: String, reason: String)

    init(parsing line: some Sequence<UInt8>) throws(FormatError) {
        let cursor = JSONCursor(try JSONParser.parse(Array(line), limits: JSONLimits(byteCount: 1 << 20, depth: 32)))
        if try cursor.optional("QMP") != nil {
            self = .greeting
        } else if let event = try cursor.optional("event") {
            self = .event(try event.name())
        } else {
            let id = try cursor.optional("id")?.integer()
            if let result = try cursor.optional("return") {
                self = .result(id: id, result.value)
            } else {
                let error = try cursor.required("error")
                self = .failure(
                    id: id, kind: try error.required("class").name(),
                    reason: try error.required("desc").string(limit: 1 << 16))
            }
        }
    }
}

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

/// Why QEMU's control socket did not give an answer.
enum QMPError: Error, Hashable, Sendable, CustomStringConvertible {
    /// No socket, or nobody listens there: the virtual machine does not run.
    case notListening(path: String)
    /// Nothing came in time: QEMU hangs, or talks to another client (it takes one at a time).
    case silent(path: String, waitingFor: String)
    /// QEMU went away meanwhile.
    case closed(path: String, waitingFor: String)
    /// A line of more than `limit` bytes.
    case tooLong(path: String, limit: Int)
    /// What came is not the QEMU Machine Protocol.
    case malformed(path: String, reason: String)
    /// QEMU will not do it. `kind` is the protocol's error class, mostly `GenericError`.
    case refused(command: String, kind: String, reason: String)
    case system(call: String, path: String, reason: String)

    var description: String {
        switch self {
        case .notListening(let path): "no QEMU listens at \(path)"
        case .silent(let path, let awaited):
            "QEMU sent no \(awaited) to \(path) in time: it hangs, or another program is connected there"
        case .closed(let path, let awaited): "QEMU closed \(path) before it sent the \(awaited)"
        case .tooLong(let path, let limit): "\(path) sent a line of more than \(limit) bytes; QEMU sends shorter ones"
        case .malformed(let path, let reason): "what \(path) sent is not QEMU's protocol: \(reason)"
        case .refused(let command, _, let reason): "QEMU refuses \(command): \(printable(reason))"
        case .system(let call, let path, let reason): "cannot \(call) \(path): \(reason)"
        }
    }
}
