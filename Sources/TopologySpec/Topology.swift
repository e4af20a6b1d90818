public import Diagnostics
public import Values

/// What a person wrote in the topology file: every text parsed into its value, nothing resolved.
///
/// Every value carries its place, so that later stages can point at it. Produced by ``TopologyReader``.
public struct Topology: Sendable {
    /// Where the document begins, for what is missing.
    public var position: SourcePosition?
    public var name = Setting<String>.absent
    /// The moment that all dates in the bundle come from.
    public var epoch = Setting<Timestamp>.absent
    public var guest = GuestSpec()
    public var network = NetworkSpec()
    public var kubernetes = KubernetesSpec()
    public var versions = VersionsSpec()
    public var vault = VaultSpec()
    public var pki = PKISpec()
    public var users: [UserSpec] = []
    /// `packages:` — of the guest's distribution, for all machines of a role.
    public var packages: [Role: [Setting<String>]] = [:]
    /// `accepted:` — what `check` need not say of this topology again.
    public var accepted: [Setting<AcceptedNote>] = []
    public var machines = Setting<[MachineSpec]>.absent

    public init() {}

    /// The version of the topology language that this reader understands.
    public static let languageVersion = 1
}

/// A note of `check` that a topology can accept.
public enum AcceptedNote: String, Sendable, CaseIterable {
    case singleLoadBalancer = "single-load-balancer"
}

/// `guest:` — what runs inside every machine.
public struct GuestSpec: Sendable {
    /// `own`, or `shared` for machines that are containers on the host's kernel.
    public enum Kernel: String, Sendable, CaseIterable { case own, shared }
    /// With a shared kernel: whether the host delegates cgroup controllers to the machine.
    public enum Cgroups: String, Sendable, CaseIterable { case delegated, none }

    public var os = Setting<OperatingSystem>.absent
    public var architecture = Setting<Architecture>.absent
    public var kernel = Setting<Kernel>.absent
    public var cgroups = Setting<Cgroups>.absent
    /// Name of the payload that holds the disk image; the operating system's cloud image when left out.
    public var image = Setting<String>.absent
    /// For an image without a boot loader.
    public var boot: BootSpec?
}

/// `guest.boot:` — the kernel that the hypervisor starts a guest image with, which then needs no boot loader.
public struct BootSpec: Sendable {
    /// Where the mapping stands.
    public let position: SourcePosition
    /// Names of payloads.
    public var kernel = Setting<String>.absent
    public var initrd = Setting<String>.absent
    /// The kernel's command line.
    public var arguments = Setting<String>.absent
}

/// `network:` — the machines' network and the cluster's two virtual ones.
public struct NetworkSpec: Sendable {
    public var subnet = Setting<IPv4Network>.absent
    public var gateway = Setting<IPv4Address>.absent
    public var dns: [Setting<IPv4Address>] = []
    public var pods = Setting<IPv4Network>.absent
    public var services = Setting<IPv4Network>.absent
    public var domain = Setting<String>.absent
    /// The address that the load balancers share, for clients of the API.
    public var api = Setting<IPv4Address>.absent
}

/// `kubernetes:` — the version and the pod network.
public struct KubernetesSpec: Sendable {
    public var version = Setting<Version>.absent
    public var cni = Setting<PodNetwork>.absent
}

/// `versions:` — what is installed beside Kubernetes.
public struct VersionsSpec: Sendable {
    public var etcd = Setting<Version>.absent
    public var containerd = Setting<Version>.absent
    public var runc = Setting<Version>.absent
    public var cniPlugins = Setting<Version>.absent
    public var calico = Setting<Version>.absent
    public var coredns = Setting<Version>.absent
    public var vault = Setting<Version>.absent
}

/// `vault:` — how the secrets machine behaves at boot.
public struct VaultSpec: Sendable {
    /// Whether the machine keeps its unseal shares and unseals itself. Default `true`.
    ///
    /// Convenient, and no stronger than the machine's disk: who reads the disk can unseal.
    public var autoUnseal = Setting<Bool>.absent
}

/// `pki:` — lifetimes, generations and the subject that all certificates share.
public struct PKISpec: Sendable {
    /// From the issuer of all to what it issues in the end.
    public enum Tier: String, Sendable, CaseIterable { case root, intermediate, issuing, leaf }

    public enum SubjectField: String, Sendable, CaseIterable {
        case organization
        case organizationalUnit = "organizational-unit"
        case country, province, locality
    }

    /// Written `90d`, `12h`, `5y` (a year is 365 days).
    public var lifetimes: [Tier: Setting<Lifetime>] = [:]
    /// Generation per key, such as `etcd: 2` or `etcd-server/etcd-1: 3`; raising it makes a new key.
    public var generations: [(key: Located<String>, value: Setting<Int>)] = []
    public var subject: [SubjectField: Setting<String>] = [:]
}

/// One entry of `users:` — an account on every machine that logs in with SSH keys only.
public struct UserSpec: Sendable {
    public var name = Setting<String>.absent
    public var sshKeys: [Setting<String>] = []
    public let position: SourcePosition
}

/// One entry of `machines:` — a machine, or with `count` a group of equal ones.
///
/// A group `{name: worker, count: 3, address: 192.168.64.41}` stands for worker-1 at .41, worker-2 at .42, worker-3 at .43.
public struct MachineSpec: Sendable {
    /// The key path of the entry, such as `machines[3]`: how findings name it.
    public let path: String
    public let position: SourcePosition
    public var name = Setting<String>.absent
    public var role = Setting<Role>.absent
    public var address = Setting<IPv4Address>.absent
    public var count = Setting<Int>.absent
    public var cpus = Setting<Int>.absent
    public var memory = Setting<ByteSize>.absent
    public var disk = Setting<ByteSize>.absent
    public var mac = Setting<MACAddress>.absent
    /// Packages of the guest's distribution, beside those of the role.
    public var packages: [Setting<String>] = []

    /// Groups larger than this are refused; Kubernetes itself is tested to 5,000 nodes.
    public static let largestGroup = 10_000
}
