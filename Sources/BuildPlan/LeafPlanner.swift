import ClusterModel
import Values

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
        holder = ClusterPlan.operatorName
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
            generation: cluster.pki.generation(of: kind.rawValue, machine: holder), holder: holder)
    }
}
