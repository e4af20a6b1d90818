public import Diagnostics

/// What a person wrote in the topology file, as written: nothing is resolved, what was left out is `nil`.
///
/// Every value carries its place, so that later stages can point at it. Produced by ``TopologyReader``.
public struct Topology: Sendable {
    public var name: Located<String>?
    public var epoch: Located<String>?
    public var guest = GuestSpec()
    public var network = NetworkSpec()
    public var kubernetes = KubernetesSpec()
    public var versions = VersionsSpec()
    public var vault = VaultSpec()
    public var pki = PKISpec()
    public var users: [UserSpec] = []
    public var machines: [MachineSpec] = []

    public init() {}

    /// The version of the topology language that this reader understands.
    public static let languageVersion = 1
}
