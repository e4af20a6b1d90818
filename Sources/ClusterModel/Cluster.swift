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
    /// Where clients reach the API: the load balancers, or the only control plane. At least one.
    public let apiEntrances: [Machine]
    private let byRole: [Role: [Machine]]

    init(
        name: String, epoch: Timestamp, guest: Guest, network: ClusterNetwork, kubernetes: Kubernetes,
        versions: ComponentVersions, vaultUnsealsItself: Bool, pki: PKISettings, users: [UserAccount],
        machines: [Machine], apiEntrances: [Machine]
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
        self.apiEntrances = apiEntrances
        backbone = machines.filter { $0.role != .worker }
        byRole = Dictionary(grouping: machines, by: \.role)
    }

    /// The machines of a role in the order of the topology.
    public func machines(_ role: Role) -> [Machine] { byRole[role] ?? [] }

    /// All machines but the workers: what every machine needs to know by name. Stored, because every machine asks.
    public let backbone: [Machine]

    /// The account that people and the jump host use.
    public var login: String { users[0].name }

    /// Where clients are pointed at: the address that the load balancers share, or the one of the only entrance.
    public var apiAddress: IPv4Address { network.api ?? apiEntrances[0].address }

    /// `https://ADDRESS:6443` of ``apiAddress``.
    public var apiURL: String { "https://\(apiAddress):\(ClusterConventions.apiPort)" }

    /// The pod range of a worker when the CNI is `bridge`; the resolver has checked that it exists.
    public func podRange(of worker: Machine) -> IPv4Network? {
        network.pods.subnetwork(worker.ordinal, prefixLength: ClusterNetwork.nodePodPrefixLength)
    }
}

/// The operating system inside every machine.
public struct Guest: Sendable, Hashable {
    /// Whether a machine has a kernel of its own or is a container on the host's.
    public enum Kernel: Sendable, Hashable {
        case own
        /// - delegated: whether the host hands cgroup controllers down, so that the kubelet can account for pods.
        case shared(cgroupsDelegated: Bool)
    }

    /// How a hypervisor starts an image without a boot loader.
    public struct DirectBoot: Sendable, Hashable {
        /// Names of payloads.
        public let kernel: String
        public let initrd: String
        /// The kernel's command line.
        public let arguments: String
    }

    public let os: OperatingSystem
    public let architecture: Architecture
    public let kernel: Kernel
    /// Name of the payload that holds the disk image.
    public let image: String
    /// Nil for an image that boots by itself.
    public let boot: DirectBoot?

    public var sharesKernel: Bool { kernel != .own }
}

/// The machines' network and the cluster's two virtual ones, checked against each other.
public struct ClusterNetwork: Sendable, Hashable {
    public let subnet: IPv4Network
    public let gateway: IPv4Address
    public let dns: [IPv4Address]
    public let pods: IPv4Network
    public let services: IPv4Network
    /// DNS domain of services, such as `cluster.local`.
    public let domain: String
    /// The address that two load balancers share, which is on one of them at a time; nil where there are not two.
    public let api: IPv4Address?

    /// The first service address, which is the API server's (`kubernetes.default`).
    public let apiServiceAddress: IPv4Address
    /// The tenth service address, where cluster DNS listens.
    public let dnsServiceAddress: IPv4Address
    /// Size of one node's share of the pod range when the CNI is `bridge`.
    public static let nodePodPrefixLength = 24
}

/// The Kubernetes release and its pod network.
public struct Kubernetes: Sendable, Hashable {
    public let version: Version
    public let cni: PodNetwork

}

/// Releases of everything that is installed beside Kubernetes.
public struct ComponentVersions: Sendable, Hashable {
    public let etcd: Version
    public let containerd: Version
    public let runc: Version
    public let cniPlugins: Version
    public let calico: Version
    public let coredns: Version
    /// The tag of the sandbox image of every pod, such as `3.10.1`.
    public let pause: String
    public let vault: Version

    /// The sandbox image: containerd's configuration and the payload must name the same one.
    public var pauseImage: String { "registry.k8s.io/pause:\(pause)" }
    /// The cluster's DNS server: our manifest and the payload must name the same one.
    public var coreDNSImage: String { "registry.k8s.io/coredns/coredns:v\(coredns)" }
}

/// An account that exists on every machine.
public struct UserAccount: Sendable, Hashable {
    public let name: String
    /// Public keys in the form of an `authorized_keys` line.
    public let sshKeys: [String]
}
