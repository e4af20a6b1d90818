public import Diagnostics

/// `kubernetes:` — the version and the pod network.
public struct KubernetesSpec: Sendable {
    public var version: Located<String>?
    /// `calico`, or `bridge` for a plain Linux bridge with static routes that needs no image.
    public var cni: Located<String>?

    public init() {}
}
