/// An architecture of guests and hosts, as bundles spell it.
enum QemuArchitecture: String, Hashable, Sendable, CaseIterable {
    case arm64
    case amd64

    /// QEMU's program for guests of this architecture.
    var program: String {
        switch self {
        case .arm64: "qemu-system-aarch64"
        case .amd64: "qemu-system-x86_64"
        }
    }

    /// QEMU's board: both are its PCI Express boards without legacy hardware.
    var board: String {
        switch self {
        case .arm64: "virt"
        case .amd64: "q35"
        }
    }

    /// From the kernel's name for it, as `uname -m` prints; nil for one that Slipway has no guests for.
    init?(kernelName: String) {
        switch kernelName {
        case "aarch64", "arm64": self = .arm64
        case "x86_64", "amd64": self = .amd64
        default: return nil
        }
    }
}
