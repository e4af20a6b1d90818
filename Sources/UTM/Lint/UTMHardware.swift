import Launching
import Values

/// The names of hardware that UTM offers for the two boards that are used. UTM takes any other text too, and hands it to
/// QEMU, which then does not start.
enum UTMHardware {
    static func targets(_ architecture: UTMSystem.Architecture) -> [String] {
        switch architecture {
        case .aarch64: ["virt"]
        case .x86: ["q35", "pc"]
        }
    }

    /// Those of QEMU's cards that both boards have and Linux drives without a module from elsewhere.
    static let networkCards = ["virtio-net-pci", "e1000", "e1000e", "igb", "vmxnet3", "rtl8139"]

    static let networkModes = ["Emulated", "Shared", "Host", "Bridged"]

    static let processors = ["default", "host", "max"]

    static let driveInterfaces = ["VirtIO", "USB", "NVMe", "SCSI", "IDE"]
}
