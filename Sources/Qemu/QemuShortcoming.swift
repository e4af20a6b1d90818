import BundleFormat
import Launching
import Values

/// What a host lacks for virtual machines.
enum QemuShortcoming: Hashable, Sendable {
    /// Why guests are translated instead of run.
    enum Slowness: Hashable, Sendable {
        case otherArchitecture(host: Architecture)
        /// Linux without `/dev/kvm`.
        case noDevice
        /// `/dev/kvm` is there, and not for this user.
        case denied
        case failed(QemuAccelerator, reason: String)
    }

    case notInstalled(program: String, guest: Architecture, system: Computer.System)
    case tooOld(program: String, found: QemuVersion, system: Computer.System)
    /// It is there, and does not work.
    case broken(program: String, reason: String, guest: Architecture, system: Computer.System)
    /// No UEFI for arm64 guests.
    case noFirmware(searched: [String], system: Computer.System)
    case slow(guest: Architecture, Slowness)

    /// Whether nothing can be started.
    var isFatal: Bool {
        if case .slow = self { false } else { true }
    }

    var finding: Finding {
        Finding(isFatal ? .failure : .warning, subject, message, remedy: remedy)
    }

    var subject: String {
        switch self {
        case .notInstalled, .tooOld, .broken: "QEMU"
        case .noFirmware: "firmware"
        case .slow: "accelerator"
        }
    }

    var message: String {
        switch self {
        case .notInstalled(let program, _, _): "\(program) is not installed"
        case .tooOld(let program, let found, _):
            "\(program) is version \(found); \(QemuVersion.oldest) or later is needed, which can connect machines by sockets again and again"
        case .broken(let program, let reason, _, _): "\(program) does not work: \(printable(reason))"
        case .noFirmware(let searched, _):
            "there is no UEFI firmware for arm64 guests; looked for \(searched.joined(separator: ", "))"
        case .slow(let guest, let reason):
            "\(reason.message(guest)); guests are translated, which works and is about ten times slower"
        }
    }

    var remedy: String {
        switch self {
        case .notInstalled(_, let guest, let system): Self.installation(guest, system)
        case .tooOld(_, _, .linux):
            "install a later one; on Debian from its backports: apt install -t $(. /etc/os-release; echo $VERSION_CODENAME)-backports qemu-system qemu-utils"
        case .tooOld(_, _, .macOS): "update it: brew upgrade qemu"
        case .broken(_, _, let guest, let system): "install it again: \(Self.installation(guest, system))"
        case .noFirmware(_, .linux):
            "Debian, Ubuntu: apt install qemu-efi-aarch64. Fedora: dnf install edk2-aarch64"
        case .noFirmware(_, .macOS): "it comes with Homebrew's QEMU: brew reinstall qemu"
        case .slow(_, let reason): reason.remedy
        }
    }

    private static func installation(_ guest: Architecture, _ system: Computer.System) -> String {
        switch (system, guest) {
        case (.macOS, _): "brew install qemu"
        case (.linux, .amd64):
            "Debian, Ubuntu: apt install qemu-system-x86 qemu-utils. Fedora: dnf install qemu-system-x86 qemu-img"
        case (.linux, .arm64):
            "Debian, Ubuntu: apt install qemu-system-arm qemu-efi-aarch64 qemu-utils. Fedora: dnf install qemu-system-aarch64 edk2-aarch64 qemu-img"
        }
    }
}

extension QemuShortcoming.Slowness {
    func message(_ guest: Architecture) -> String {
        switch self {
        case .otherArchitecture(let host): "guests are \(guest.rawValue) and this host is \(host.rawValue)"
        case .noDevice: "this host has no /dev/kvm"
        case .denied: "/dev/kvm is not open to you"
        case .failed(let accelerator, let reason):
            "\(accelerator.rawValue) cannot run guests here (\(printable(reason)))"
        }
    }

    var remedy: String {
        switch self {
        case .otherArchitecture(let host): "build the bundle from a topology with guest.architecture: \(host.rawValue)"
        case .noDevice:
            "switch virtualization on in this host's firmware, or, when it is a virtual machine itself, let it nest; then: modprobe kvm_intel or kvm_amd"
        case .denied: "join its group and log in again: sudo usermod -aG kvm $USER"
        case .failed(.hvf, _):
            "see that `sysctl kern.hv_support` says 1, and that QEMU is Homebrew's, which is signed for it"
        case .failed: "when this host is a virtual machine itself, its own host may not let it nest"
        }
    }
}
