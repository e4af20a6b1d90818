public import ClusterModel
public import Values

/// A certificate authority that will be issued.
public struct AuthorityPlan: Sendable, Hashable {
    public let name: AuthorityName
    public let commonName: String
    public let lifetime: Lifetime
    public let key: KeyPlan
}

extension AuthorityName {
    /// The authority above; `nil` for the self-signed root, and for the control planes' own, which nobody who trusts the root
    /// may ever be led to.
    public var issuer: AuthorityName? {
        switch self {
        case .root, .kubernetesCSR: nil
        case .intermediate: .root
        case .kubernetes, .etcd, .etcdPeers, .frontProxy: .intermediate
        }
    }

    /// Whether its certificate says that it vouches for clients alone (extended key usage).
    public var vouchesForClientsOnly: Bool { self == .kubernetesCSR || self == .frontProxy }

    /// How many further authorities may follow below it (RFC 5280, pathLenConstraint).
    public var pathLength: Int {
        switch self {
        case .root: 2
        case .intermediate: 1
        default: 0
        }
    }
}

/// A certificate that one machine (or the operator) will hold, with a key of its own.
public struct LeafPlan: Sendable, Hashable {
    public enum Usage: String, Sendable, Hashable {
        case server, client
        /// etcd dials its own listeners with its server certificate, so it needs both.
        case serverAndClient = "server+client"
    }

    public let kind: LeafKind
    public let authority: AuthorityName
    public let commonName: String
    /// Kubernetes reads these as groups.
    public let organizations: [String]
    public let usage: Usage
    public let dnsNames: [String]
    public let addresses: [IPv4Address]
    public let lifetime: Lifetime
    public let key: KeyPlan
}

/// Makes leaf plans for one holder; the certificate table of the design, one method per row.
struct LeafPlanner {
    let cluster: Cluster
    /// The machine that holds the keys, or `operator`.
    let holder: String
    /// The machine itself, where names and addresses go into the certificate.
    let machine: Machine?

    init(_ cluster: Cluster, _ machine: Machine) {
        self.cluster = cluster
        self.machine = machine
        holder = machine.name
    }

    init(operatorOf cluster: Cluster) {
        self.cluster = cluster
        machine = nil
        holder = KeyKind.operatorName
    }

    func client(
        _ kind: LeafKind, _ authority: AuthorityName = .kubernetes, commonName: String, organizations: [String] = []
    ) -> LeafPlan {
        leaf(kind, authority, commonName, organizations, .client)
    }

    func server(
        _ kind: LeafKind, _ authority: AuthorityName = .kubernetes, commonName: String, organizations: [String] = [],
        usage: LeafPlan.Usage = .server, dnsNames: [String], addresses: [IPv4Address]
    ) -> LeafPlan {
        leaf(kind, authority, commonName, organizations, usage, dnsNames, addresses)
    }

    /// The machine's own name and address and the loopback ones.
    var ownNames: [String] { machine.map { [$0.name, "localhost"] } ?? [] }
    var ownAddresses: [IPv4Address] { machine.map { [$0.address, Self.loopback] } ?? [] }

    static let loopback = IPv4Address(rawValue: 0x7F00_0001)

    private func leaf(
        _ kind: LeafKind, _ authority: AuthorityName, _ commonName: String, _ organizations: [String],
        _ usage: LeafPlan.Usage, _ dnsNames: [String] = [], _ addresses: [IPv4Address] = []
    ) -> LeafPlan {
        LeafPlan(
            kind: kind, authority: authority, commonName: commonName, organizations: organizations, usage: usage,
            dnsNames: dnsNames, addresses: addresses, lifetime: cluster.pki.lifetimes.leaf,
            key: KeyPlan(.leaf(kind), of: holder, in: cluster))
    }
}
