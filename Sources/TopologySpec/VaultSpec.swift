public import Diagnostics

/// `vault:` — how the secrets machine behaves at boot.
public struct VaultSpec: Sendable {
    /// Whether the machine keeps its unseal shares and unseals itself. Default `true`.
    ///
    /// Convenient, and no stronger than the machine's disk: who reads the disk can unseal.
    public var autoUnseal: Located<Bool>?

    public init() {}
}
