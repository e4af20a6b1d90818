public import Diagnostics

/// `network:` — the machines' network and the cluster's two virtual ones.
public struct NetworkSpec: Sendable {
    public var subnet: Located<String>?
    public var gateway: Located<String>?
    public var dns: [Located<String>]?
    public var pods: Located<String>?
    public var services: Located<String>?
    public var domain: Located<String>?

    public init() {}
}
