/// What a payload is, and so how a machine takes it in.
public enum PayloadKind: String, Sendable, Hashable {
    /// One executable or file, placed as it is.
    case binary
    /// A tar or zip of which single members are placed.
    case archive
    /// A Debian package, installed without a network.
    case deb
    /// A container image as an OCI or docker archive, imported into containerd.
    case image
    /// The disk that a machine boots from, or a kernel beside it; used by launchers, not placed inside.
    case disk
}
