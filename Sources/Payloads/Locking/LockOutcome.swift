public import BundleFormat

/// What a run of `slipway lock` found.
public struct LockOutcome: Sendable {
    /// Everything that is pinned now.
    public let lock: Lock
    /// Names whose entry is new or another than before.
    public let changed: [String]
    /// Names of entries that were left out, because the plan has no such payload.
    public let removed: [String]
    /// One for each payload that could not be pinned, in the order of the plan.
    public let failures: [PayloadError]
}
