public import Values

/// A cluster as it will be built: every default resolved, every address computed, no optional left open.
///
/// Made by ``ClusterResolver`` from a topology that has no errors.
public struct Cluster: Sendable {
    public let name: String
    /// The one moment that all dates in the bundle come from.
    public let epoch: Timestamp
    public let guest: Guest
    public let network: ClusterNetwork
    public let kubernetes: Kubernetes
    public let versions: ComponentVersions
    public let vaultUnsealsItself: Bool
    public let pki: PKISettings
    /// At least one; the first is the one that the operator and the jump host log in as.
    public let users: [UserAccount]
    /// In the order of the topology.
    public let machines: [Machine]
    /// Where clients reach the API: the load balancer, or the only control plane.
    public let apiEndpoint: Machine
    private let byRole: [Role: [Machine]]

    init(
        name: String, epoch: Timestamp, guest: Guest, network: ClusterNetwork, kubernetes: Kubernetes,
        versions: ComponentVersions, vaultUnsealsItself: Bool, pki: PKISettings, users: [UserAccount],
        machines: [Machine], apiEndpoint: Machine
    ) {
        self.name = name
        self.epoch = epoch
        self.guest = guest
        self.network = network
        self.kubernetes = kubernetes
        self.versions = versions
        self.vaultUnsealsItself = vaultUnsealsItself
        self.pki = pki
        self.users = users
        self.machines = machines
        self.apiEndpoint = apiEndpoint
        backbone = machines.filter { $0.role != .worker }
        byRole = Dictionary(grouping: machines, by: \.role)
    }

    /// The machines of a role in the order of the topology.
    public func machines(_ role: Role) -> [Machine] { byRole[role] ?? [] }

    /// All machines but the workers: what every machine needs to know by name. Stored, because every machine asks.
    public let backbone: [Machine]

    /// The account that people and the jump host use.
    public var login: String { users[0].name }

    /// `https://ADDRESS:6443` of ``apiEndpoint``.
    public var apiURL: String { "https://\(apiEndpoint.address):6443" }

    /// The pod range of a worker when the CNI is `bridge`; the resolver has checked that it exists.
    public func podRange(of worker: Machine) -> IPv4Network? {
        network.pods.subnetwork(worker.ordinal, prefixLength: ClusterNetwork.nodePodPrefixLength)
    }
}
