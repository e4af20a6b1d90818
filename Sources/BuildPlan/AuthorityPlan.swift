import ClusterModel
public import Values

/// A certificate authority that will be issued.
public struct AuthorityPlan: Sendable, Hashable {
    public let name: AuthorityName
    public let commonName: String
    public let lifetime: Lifetime
    public let generation: Int

    /// Path of its key below the secrets file without the generation: `pki/v1/ca/NAME`.
    public var path: String { "pki/v1/ca/\(name.rawValue)" }
}
