/// A payload of a plan that is to be pinned.
public struct WantedPayload: Hashable, Sendable {
    public let name: String
    /// For messages: `binary`, `archive`, `deb`, `image` or `disk`.
    public let kind: String
    /// Where upstream publishes it, if anywhere.
    public let upstream: String?

    public init(name: String, kind: String, upstream: String?) {
        self.name = name
        self.kind = kind
        self.upstream = upstream
    }
}
