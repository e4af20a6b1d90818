import ClusterModel
public import Values

/// A certificate that one machine (or the operator) will hold, with a key of its own.
public struct LeafPlan: Sendable, Hashable {
    public enum Usage: String, Sendable, Hashable {
        case server, client
        /// etcd dials its own listeners with its server certificate, so it needs both.
        case serverAndClient = "server+client"
    }

    public let kind: LeafKind
    public let authority: AuthorityName
    public let commonName: String
    /// Kubernetes reads these as groups.
    public let organizations: [String]
    public let usage: Usage
    public let dnsNames: [String]
    public let addresses: [IPv4Address]
    public let lifetime: Lifetime
    public let generation: Int
    /// The machine that holds the key, or `operator`.
    public let holder: String

    /// Path of its key below the secrets file without the generation: `pki/v1/leaf/KIND/HOLDER`.
    public var path: String { "pki/v1/leaf/\(kind.rawValue)/\(holder)" }
}
