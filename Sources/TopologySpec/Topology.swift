public import Diagnostics

/// What a person wrote in the topology file, as written: nothing is resolved, what was left out is `nil`.
///
/// Every value carries its place, so that later stages can point at it. Produced by ``TopologyReader``.
public struct Topology: Sendable {
    public var name: Located<String>?
    public var epoch: Located<String>?
    public var guest = GuestSpec()
    public var network = NetworkSpec()
    public var kubernetes = KubernetesSpec()
    public var versions = VersionsSpec()
    public var vault = VaultSpec()
    public var pki = PKISpec()
    public var users: [UserSpec] = []
    public var machines: [MachineSpec] = []

    public init() {}

    /// The version of the topology language that this reader understands.
    public static let languageVersion = 1
}

/// `guest:` — what runs inside every machine.
public struct GuestSpec: Sendable {
    /// `ubuntu-24.04` or `debian-13`.
    public var os: Located<String>?
    /// `arm64` or `amd64`.
    public var architecture: Located<String>?
    /// `own`, or `shared` for machines that are containers on the host's kernel.
    public var kernel: Located<String>?
    /// With a shared kernel: whether the host delegates cgroup controllers to the machine.
    public var cgroups: Located<String>?
    /// Name of the payload that holds the disk image; the operating system's cloud image when left out.
    public var image: Located<String>?
    /// For an image without a boot loader.
    public var boot: BootSpec?

    public init() {}
}

/// `guest.boot:` — the kernel that the hypervisor starts a guest image with, which then needs no boot loader.
public struct BootSpec: Sendable {
    /// Where the mapping stands.
    public var position: SourcePosition
    /// Names of payloads.
    public var kernel: Located<String>?
    public var initrd: Located<String>?
    /// The kernel's command line.
    public var arguments: Located<String>?

    public init(position: SourcePosition) { self.position = position }
}

/// `network:` — the machines' network and the cluster's two virtual ones.
public struct NetworkSpec: Sendable {
    public var subnet: Located<String>?
    public var gateway: Located<String>?
    public var dns: [Located<String>]?
    public var pods: Located<String>?
    public var services: Located<String>?
    public var domain: Located<String>?

    public init() {}
}

/// `kubernetes:` — the version and the pod network.
public struct KubernetesSpec: Sendable {
    public var version: Located<String>?
    /// `calico`, or `bridge` for a plain Linux bridge with static routes that needs no image.
    public var cni: Located<String>?

    public init() {}
}

/// `versions:` — what is installed beside Kubernetes.
public struct VersionsSpec: Sendable {
    public var etcd: Located<String>?
    public var containerd: Located<String>?
    public var runc: Located<String>?
    public var cniPlugins: Located<String>?
    public var calico: Located<String>?
    public var coredns: Located<String>?
    public var vault: Located<String>?

    public init() {}
}

/// `vault:` — how the secrets machine behaves at boot.
public struct VaultSpec: Sendable {
    /// Whether the machine keeps its unseal shares and unseals itself. Default `true`.
    ///
    /// Convenient, and no stronger than the machine's disk: who reads the disk can unseal.
    public var autoUnseal: Located<Bool>?

    public init() {}
}

/// `pki:` — lifetimes, generations and the subject that all certificates share.
public struct PKISpec: Sendable {
    /// Lifetime per tier: `root`, `intermediate`, `issuing`, `leaf`; written `90d`, `12h`, `5y` (a year is 365 days).
    public var lifetimes: [String: Located<String>] = [:]
    /// Generation per key, such as `etcd: 2` or `etcd-server/etcd-1: 3`; raising it makes a new key.
    public var generations: [(key: Located<String>, value: Located<Int>)] = []
    /// Subject fields: `organization`, `organizational-unit`, `country`, `province`, `locality`.
    public var subject: [String: Located<String>] = [:]

    public init() {}

    public static let tiers = ["root", "intermediate", "issuing", "leaf"]
    public static let subjectFields = ["organization", "organizational-unit", "country", "province", "locality"]
}

/// One entry of `users:` — an account on every machine that logs in with SSH keys only.
public struct UserSpec: Sendable {
    public var name: Located<String>?
    public var sshKeys: [Located<String>] = []
    public let position: SourcePosition

    public init(position: SourcePosition) { self.position = position }
}

/// One entry of `machines:` — a machine, or with `count` a group of equal ones.
///
/// A group `{name: worker, count: 3, address: 192.168.64.41}` stands for worker-1 at .41, worker-2 at .42, worker-3 at .43.
public struct MachineSpec: Sendable {
    public var name: Located<String>?
    public var role: Located<String>?
    public var address: Located<String>?
    public var count: Located<Int>?
    public var cpus: Located<Int>?
    /// Written with a binary unit: `2GiB`, `512MiB`.
    public var memory: Located<String>?
    public var disk: Located<String>?
    public var mac: Located<String>?
    public let position: SourcePosition

    public init(position: SourcePosition) { self.position = position }
}
