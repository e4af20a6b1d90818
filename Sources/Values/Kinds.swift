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

/// How a file's bytes relate to the secrets file, and so into which part of a bundle they may go.
public enum Exposure: String, Sendable, Hashable, CaseIterable {
    /// Independent of the secrets file; anyone can rebuild and compare it. The public part holds only these.
    case open
    /// Follows from the secrets file but is no secret: certificates, public keys, known hosts.
    case derived
    /// Gives access to something: private keys, kubeconfigs. Never readable by others, never in the public part.
    case secret
}

/// What a payload is, and so how a machine takes it in.
public enum PayloadKind: String, Sendable, Hashable, CaseIterable {
    /// One executable or file, placed as it is.
    case binary
    /// A tar or zip of which single members are placed.
    case archive
    /// A Debian package, installed without a network.
    case deb
    /// A container image as an OCI or docker archive, imported into containerd.
    case image
    /// The disk that a machine boots from, or a kernel beside it; used by launchers, not placed inside.
    case disk
}

/// The operating system inside every machine, in the words of the topology.
public enum OperatingSystem: String, Sendable, Hashable, CaseIterable {
    case ubuntu2404 = "ubuntu-24.04"
    case debian13 = "debian-13"
}

/// What connects pods: Calico, or a plain Linux bridge with static routes that needs no image.
public enum PodNetwork: String, Sendable, Hashable, CaseIterable {
    case calico, bridge
}
