public import Values

/// A topology for somebody who begins: how many machines of each role, in a subnet, with sizes that fit a computer's memory.
public struct TopologyDraft: Sendable {
    public var name: String
    /// The moment that all dates come from: a day.
    public var epoch: Timestamp
    public var architecture: Architecture
    public var subnet: IPv4Network
    public var controlPlanes: Int
    public var etcdMembers: Int
    public var workers: Int
    public var hasVault: Bool
    /// Whether the machines are containers on one Linux computer.
    public var sharesKernel: Bool
    public var sizes: Sizes

    /// How large machines are.
    public enum Sizes: String, CaseIterable, Sendable {
        /// To look at: as little as each role starts with.
        case small
        /// To work with.
        case medium
        /// What a machine gets that has no size of its own.
        case large

        /// GiB of memory for one machine.
        func memory(_ role: Role) -> Int {
            switch self {
            case .large: role.defaultSize.memory.mebibytes / 1024
            case .medium:
                switch role {
                case .loadBalancer: 1
                case .vault, .jump, .etcd: 2
                case .controlPlane, .worker: 4
                }
            case .small:
                switch role {
                case .loadBalancer, .vault, .jump, .etcd: 1
                case .controlPlane, .worker: 2
                }
            }
        }
    }

    /// - Parameter memory: what all machines may have together; nil when nobody knows. With enough there are eleven machines that bear the loss
    ///   of any etcd member and control plane, else six.
    public init(name: String, epoch: Timestamp, architecture: Architecture, subnet: IPv4Network, memory: ByteSize?) {
        self.name = name
        self.epoch = epoch
        self.architecture = architecture
        self.subnet = subnet
        (controlPlanes, etcdMembers, workers) = (2, 3, 3)
        (hasVault, sharesKernel, sizes) = (true, false, .medium)
        if let memory, self.memory > memory { (controlPlanes, etcdMembers, workers) = (1, 1, 2) }
        fit(memory)
    }

    /// Takes the largest sizes with which all machines fit; the small ones when none do.
    public mutating func fit(_ memory: ByteSize?) {
        sizes = .medium
        guard let memory else { return }
        for candidate in [Sizes.large, .medium, .small] {
            sizes = candidate
            if self.memory <= memory { return }
        }
    }

    /// How many there are of each role, in the order of the file.
    public var counts: [(role: Role, count: Int)] {
        [
            (.loadBalancer, controlPlanes > 1 ? 1 : 0), (.vault, hasVault ? 1 : 0), (.jump, 1), (.etcd, etcdMembers),
            (.controlPlane, controlPlanes), (.worker, workers),
        ]
    }

    public var machineCount: Int { counts.reduce(0) { $0 + $1.count } }

    /// Of all machines together.
    public var memory: ByteSize { .gibibytes(counts.reduce(0) { $0 + $1.count * sizes.memory($1.role) }) }

    /// The first of some networks that none of the others overlaps.
    ///
    /// - Parameter taken: networks that this computer is in or has a way to.
    public static func freeSubnet(besides taken: [IPv4Network]) -> IPv4Network? {
        let virtual = ["10.244.0.0/16", "10.96.0.0/12"].compactMap { try? IPv4Network(parsing: $0) }
        let candidates =
            (0..<128).map { "192.168.\(($0 + 64) % 256).0/24" } + (0..<16).map { "172.\(16 + $0).64.0/24" }
            + (1..<90).map { "10.\($0).64.0/24" }
        return candidates.lazy.compactMap { try? IPv4Network(parsing: $0) }
            .first { candidate in !(taken + virtual).contains { $0.overlaps(candidate) } }
    }

    /// The file's text.
    ///
    /// - Parameter schema: where an editor finds the JSON Schema, relative to the file.
    public func text(schema: String) -> String {
        let day = String(epoch.description.prefix(10))
        let guest =
            sharesKernel
            ? "{ os: debian-13, architecture: \(architecture.rawValue), kernel: shared } # containers on this computer's kernel"
            : "{ os: ubuntu-24.04, architecture: \(architecture.rawValue) } # debian-13 is the other one"
        return """
            # yaml-language-server: $schema=\(schema)
            # A Kubernetes cluster of \(machineCount) machines with \(memory) of memory together. What it says is checked by: slipway check
            version: 1 # of this language
            name: \(name)
            epoch: \(day) # every date in the bundle comes from here; a later one renews all certificates

            guest: \(guest)

            network:
              subnet: \(subnet) # the machines' own: no network that this computer reaches may overlap it
              pods: 10.244.0.0/16
              services: 10.96.0.0/12

            kubernetes: { version: 1.36.4, cni: calico } # calico, or bridge, which needs no image

            # Accounts that log in with SSH keys. Slipway makes a key of its own for k8s; yours can be added.
            users:
              - { name: k8s, ssh-keys: [] }

            # A group with 'count' is NAME-1, NAME-2, … at consecutive addresses.
            machines:
            \(machines)
            """
    }

    private var machines: String {
        let rows: [(name: String, role: Role, offset: Int, count: Int, why: String)] = [
            ("balancer", .loadBalancer, 10, controlPlanes > 1 ? 1 : 0, "one address for all control planes"),
            ("vault", .vault, 11, hasVault ? 1 : 0, "keeps the authorities that sign"),
            ("jump", .jump, 12, 1, "the way in; applies what runs in the cluster"),
            ("etcd", .etcd, 21, etcdMembers, "the cluster's state; one, three or five"),
            ("master", .controlPlane, 31, controlPlanes, "Kubernetes itself"),
            ("worker", .worker, 41, workers, "your pods run here"),
        ]
        return rows.filter { $0.count > 0 }.map { row in
            let isGroup = row.role == .worker || row.count > 1
            let address = subnet.host(row.offset) ?? subnet.broadcast
            let size = row.role.defaultSize
            return "  # \(row.why)\n  - { name: \(row.name), role: \(row.role.rawValue), address: \(address), "
                + "cpus: \(size.cpus), memory: \(sizes.memory(row.role))GiB, disk: \(size.disk)"
                + (isGroup ? ", count: \(row.count) }\n" : " }\n")
        }.joined()
    }
}
