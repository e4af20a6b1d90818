import BundleFormat

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
