public import Diagnostics

/// `pki:` — lifetimes, generations and the subject that all certificates share.
public struct PKISpec: Sendable {
    /// Lifetime per tier: `root`, `intermediate`, `issuing`, `leaf`; written `90d`, `12h`, `5y` (a year is 365 days).
    public var lifetimes: [String: Located<String>] = [:]
    /// Generation per key, such as `etcd: 2` or `etcd-server/etcd-1: 3`; raising it makes a new key.
    public var generations: [(key: Located<String>, value: Located<Int>)] = []
    /// Subject fields: `organization`, `organizational-unit`, `country`, `province`, `locality`.
    public var subject: [String: Located<String>] = [:]

    public init() {}

    public static let tiers = ["root", "intermediate", "issuing", "leaf"]
    public static let subjectFields = ["organization", "organizational-unit", "country", "province", "locality"]
}
