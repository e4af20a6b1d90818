public import Diagnostics

/// `versions:` — what is installed beside Kubernetes.
public struct VersionsSpec: Sendable {
    public var etcd: Located<String>?
    public var containerd: Located<String>?
    public var runc: Located<String>?
    public var cniPlugins: Located<String>?
    public var calico: Located<String>?
    public var coredns: Located<String>?
    public var vault: Located<String>?

    public init() {}
}
