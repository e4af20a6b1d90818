import BundleFormat
import Values

/// Why an image cannot be used.
enum QemuImageError: Error, Hashable, Sendable, CustomStringConvertible {
    case unusable(image: String, kind: String, remedy: String)
    case dependent(image: String, on: String)
    /// `qemu-img info` did not print what it should.
    case unreadable(image: String, reason: String)

    var description: String {
        switch self {
        case .unusable(let image, let kind, let remedy):
            "the guest image \(printable(image)) is \(kind); expected qcow2 or raw: \(printable(remedy))"
        case .dependent(let image, let other):
            "the guest image \(printable(image)) is only what differs from \(printable(other)); expected a whole one: qemu-img convert -O qcow2 \(printable(image)) image.qcow2"
        case .unreadable(let image, let reason):
            "qemu-img tells nothing of use about \(printable(image)): \(reason)"
        }
    }
}
