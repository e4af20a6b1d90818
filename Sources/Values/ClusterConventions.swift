/// What the compiler, the bundle's documents and the launchers take for granted about every cluster.
public enum ClusterConventions {
    /// The port at which the API is served, by load balancers and by control planes: the one that Kubernetes itself prefers, which the
    /// templates name too.
    public static let apiPort: UInt16 = 6443

    /// The most machines of one cluster. Documents that list machines are bounded by it, so a larger bundle could be written but
    /// not read again.
    public static let machineLimit = 12_000
}
