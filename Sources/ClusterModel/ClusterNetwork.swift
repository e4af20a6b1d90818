public import Values

/// The machines' network and the cluster's two virtual ones, checked against each other.
public struct ClusterNetwork: Sendable, Hashable {
    public let subnet: IPv4Network
    public let gateway: IPv4Address
    public let dns: [IPv4Address]
    public let pods: IPv4Network
    public let services: IPv4Network
    /// DNS domain of services, such as `cluster.local`.
    public let domain: String

    /// The first service address, which is the API server's (`kubernetes.default`).
    public let apiServiceAddress: IPv4Address
    /// The tenth service address, where cluster DNS listens.
    public let dnsServiceAddress: IPv4Address
    /// Size of one node's share of the pod range when the CNI is `bridge`.
    public static let nodePodPrefixLength = 24
}
