/// What one instance's files, sockets and processes are called. Files are relative to the instance's directory, which is
/// every QEMU's working directory: absolute names may be longer than a socket's name can be (104 bytes on macOS).
struct QemuNames: Hashable, Sendable {
    /// ``InstancePaths/tag``
    let tag: String

    static let images = "images"
    static let depot = "depot.iso"
    /// The switch's port for what counts attempts to leave.
    static let gateway = "gateway"
    /// What the switch writes to standard error.
    static let switchLog = "switch.log"

    /// The value of `-name`, by which processes are found again. No machine's name begins with a dash.
    func process(_ machine: String) -> String { "\(tag)-\(machine)" }
    var switchProcess: String { "\(tag)--switch" }

    static func directory(_ machine: String) -> String { "machines/\(machine)" }
    static func seed(_ machine: String) -> String { "\(directory(machine))/seed.iso" }
    static func disk(_ machine: String) -> String { "\(directory(machine))/disk.qcow2" }
    static func console(_ machine: String) -> String { "\(directory(machine))/console" }
    static func consoleLog(_ machine: String) -> String { "\(directory(machine))/console.log" }
    /// Of the boot before.
    static func previousConsoleLog(_ machine: String) -> String { "\(directory(machine))/console.previous.log" }
    static func qmp(_ machine: String) -> String { "\(directory(machine))/qmp" }
    static func network(_ machine: String) -> String { "\(directory(machine))/net" }
    /// What QEMU writes to standard error.
    static func log(_ machine: String) -> String { "\(directory(machine))/vm.log" }

    static func image(_ payload: String) -> String { "\(images)/\(payload)" }
    /// The image as a machine's disk names it: relative to the disk, so that the instance can be moved as a whole.
    static func backing(_ payload: String) -> String { "../../\(image(payload))" }
}
