/// The operating system inside every machine, in the words of the topology.
public enum OperatingSystem: String, Sendable, Hashable, CaseIterable {
    case ubuntu2404 = "ubuntu-24.04"
    case debian13 = "debian-13"
}

/// What connects pods: Calico, or a plain Linux bridge with static routes that needs no image.
public enum PodNetwork: String, Sendable, Hashable, CaseIterable {
    case calico, bridge
}
