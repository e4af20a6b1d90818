import Launching
import Values

/// What a host offers for guests of one architecture, as ``QemuProbe`` found it.
struct QemuHost: Hashable, Sendable {
    let system: Computer.System
    /// The guests' architecture, not necessarily the host's.
    let guest: Architecture
    /// QEMU for these guests: a name that PATH finds, or a path.
    let program: String
    /// `qemu-img` of the same installation, likewise.
    let imageProgram: String
    let version: QemuVersion
    let accelerator: QemuAccelerator
    /// UEFI for arm64 guests; nil where there is none, and for amd64 guests, whose BIOS QEMU brings along.
    let firmware: String?
    /// Whether QEMU's system call filter works here.
    let hasSandbox: Bool

    init(
        system: Computer.System, guest: Architecture, program: String, imageProgram: String = "qemu-img",
        version: QemuVersion, accelerator: QemuAccelerator, firmware: String? = nil, hasSandbox: Bool = false
    ) {
        self.system = system
        self.guest = guest
        self.program = program
        self.imageProgram = imageProgram
        self.version = version
        self.accelerator = accelerator
        self.firmware = firmware
        self.hasSandbox = hasSandbox
    }

    /// Takes from a QEMU that a guest has broken out into what it never needs: other programs, other users, old calls.
    static let sandbox = ["-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"]
}
