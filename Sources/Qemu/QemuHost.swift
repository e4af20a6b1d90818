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

/// What executes a guest's instructions.
enum QemuAccelerator: String, Hashable, Sendable {
    /// Linux's hypervisor.
    case kvm
    /// The hypervisor of macOS.
    case hvf
    /// QEMU's own translator: works everywhere, about ten times slower.
    case tcg

    /// The value of `-accel`.
    var argument: String {
        switch self {
        // Without a size each VM's translations may grow to 1 GiB, which eleven of them do not have.
        case .tcg: "tcg,tb-size=128"
        case .kvm, .hvf: rawValue
        }
    }

    /// The value of `-cpu`.
    func processor(for guest: Architecture) -> String {
        switch (self, guest) {
        case (.kvm, _), (.hvf, _): "host"
        // The smallest model with all of x86-64-v2, which distributions are built for. Larger ones have vector instructions,
        // which guests then prefer and which are slow to translate.
        case (.tcg, .amd64): "Nehalem"
        // Else pointers are signed with the architecture's own cipher, which is very slow to translate.
        case (.tcg, .arm64): "max,pauth-impdef=on"
        }
    }
}

/// The version of an installed QEMU.
struct QemuVersion: Hashable, Comparable, Sendable, CustomStringConvertible {
    let major: Int
    let minor: Int
    let patch: Int

    /// The first with `reconnect` on stream network devices, by which machines and the switch may start in any order.
    static let oldest = QemuVersion(major: 8, minor: 0, patch: 0)

    init(major: Int, minor: Int, patch: Int) {
        self.major = major
        self.minor = minor
        self.patch = patch
    }

    /// From the first line of `--version`: `QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2)`, `qemu-img version 8.2.2`.
    init?(parsing output: String) {
        guard let line = output.split(whereSeparator: \.isNewline).first else { return nil }
        let words = line.split(separator: " ")
        guard let place = words.firstIndex(of: "version"), place + 1 < words.count else { return nil }
        // Development versions have a suffix: 9.2.50-dirty, 10.1.0-rc2, v10.0.0-1234-gabcdef.
        let numbers = words[place + 1].drop { $0 == "v" }.prefix { $0.isASCII && $0.isNumber || $0 == "." }
        let parts = numbers.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
        guard (2...4).contains(parts.count), let major = parts[0], let minor = parts[1] else { return nil }
        self.init(major: major, minor: minor, patch: parts.count > 2 ? parts[2] ?? 0 : 0)
    }

    static func < (left: QemuVersion, right: QemuVersion) -> Bool {
        (left.major, left.minor, left.patch) < (right.major, right.minor, right.patch)
    }

    var description: String { "\(major).\(minor).\(patch)" }

    /// What makes a stream network device connect again every second. 9.2 counts in milliseconds and
    /// deprecates seconds.
    var reconnection: String {
        self < QemuVersion(major: 9, minor: 2, patch: 0) ? "reconnect=1" : "reconnect-ms=1000"
    }
}

/// What QEMU calls things of an architecture.
extension Architecture {
    /// QEMU's program for guests of this architecture.
    var qemuProgram: String {
        switch self {
        case .arm64: "qemu-system-aarch64"
        case .amd64: "qemu-system-x86_64"
        }
    }

    /// QEMU's board: both are its PCI Express boards without legacy hardware.
    var qemuBoard: String {
        switch self {
        case .arm64: "virt"
        case .amd64: "q35"
        }
    }
}
