public import Diagnostics

/// `guest:` — what runs inside every machine.
public struct GuestSpec: Sendable {
    /// `ubuntu-24.04` or `debian-13`.
    public var os: Located<String>?
    /// `arm64` or `amd64`.
    public var architecture: Located<String>?
    /// `own`, or `shared` for machines that are containers on the host's kernel.
    public var kernel: Located<String>?
    /// With a shared kernel: whether the host delegates cgroup controllers to the machine.
    public var cgroups: Located<String>?
    /// Name of the payload that holds the disk image; the operating system's cloud image when left out.
    public var image: Located<String>?
    /// For an image without a boot loader.
    public var boot: BootSpec?

    public init() {}
}
