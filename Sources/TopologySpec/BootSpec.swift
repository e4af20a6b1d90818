public import Diagnostics

/// `guest.boot:` — the kernel that the hypervisor starts a guest image with, which then needs no boot loader.
public struct BootSpec: Sendable {
    /// Where the mapping stands.
    public var position: SourcePosition
    /// Names of payloads.
    public var kernel: Located<String>?
    public var initrd: Located<String>?
    /// The kernel's command line.
    public var arguments: Located<String>?

    public init(position: SourcePosition) { self.position = position }
}
