public import Values

/// The operating system inside every machine.
public struct Guest: Sendable, Hashable {
    public enum OperatingSystem: String, Sendable, Hashable, CaseIterable {
        case ubuntu2404 = "ubuntu-24.04"
        case debian13 = "debian-13"
    }

    /// Whether a machine has a kernel of its own or is a container on the host's.
    public enum Kernel: Sendable, Hashable {
        case own
        /// - delegated: whether the host hands cgroup controllers down, so that the kubelet can account for pods.
        case shared(cgroupsDelegated: Bool)
    }

    /// How a hypervisor starts an image without a boot loader.
    public struct DirectBoot: Sendable, Hashable {
        /// Names of payloads.
        public let kernel: String
        public let initrd: String
        /// The kernel's command line.
        public let arguments: String
    }

    public let os: OperatingSystem
    public let architecture: Architecture
    public let kernel: Kernel
    /// Name of the payload that holds the disk image.
    public let image: String
    /// Nil for an image that boots by itself.
    public let boot: DirectBoot?

    public var sharesKernel: Bool { kernel != .own }
}
