public import Values

/// Releases of everything that is installed beside Kubernetes.
public struct ComponentVersions: Sendable, Hashable {
    public let etcd: Version
    public let containerd: Version
    public let runc: Version
    public let cniPlugins: Version
    public let calico: Version
    public let coredns: Version
    public let vault: Version
}
