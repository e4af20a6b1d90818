/// A file we do not make and a machine needs; pinned by the lock file.
public struct PayloadPlan: Sendable, Hashable {
    /// The key in the lock file, such as `kubelet`.
    public let name: String
    public let kind: PayloadKind
    /// Release of the payload, for the bill of materials.
    public let version: String
    /// Where upstream publishes it, what `slipway lock` starts from; `nil` where no fixed address exists
    /// (packages of a distribution, images, our own applier), so that the lock file must say.
    public let url: String?

    public init(_ name: String, _ kind: PayloadKind, version: String, url: String? = nil) {
        self.name = name
        self.kind = kind
        self.version = version
        self.url = url
    }
}
