public import Values

/// The Kubernetes release and its pod network.
public struct Kubernetes: Sendable, Hashable {
    public enum CNI: String, Sendable, Hashable, CaseIterable {
        case calico, bridge
    }

    public let version: Version
    public let cni: CNI

    /// Minor releases that the artefacts are written and tested for.
    public static let supportedMinors = 31...36
}
