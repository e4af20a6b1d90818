/// What a machine is for.
public enum Role: String, Sendable, Hashable, CaseIterable {
    case loadBalancer = "load-balancer"
    case vault
    case jump
    case etcd
    case controlPlane = "control-plane"
    case worker
}

/// Instruction set of a machine, in the words that Debian, Kubernetes and Go use.
public enum Architecture: String, Sendable, Hashable, CaseIterable {
    case arm64, amd64
}
