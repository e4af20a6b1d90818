import Values

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
