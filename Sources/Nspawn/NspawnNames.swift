import Launching
import Values

/// What the machines of one instance are called on the host.
struct NspawnNames: Hashable {
    let paths: InstancePaths

    /// Where `ip netns` keeps namespaces.
    static let namespaces = "/run/netns"
    /// The interface inside a machine, as in the bundle's network configuration.
    static let interface = "lan0"
    static let bridge = "lan"

    var network: String { paths.tag }
    func network(of machine: String) -> String { "\(paths.tag)-\(machine)" }
    func networkPath(of machine: String) -> String { "\(Self.namespaces)/\(network(of: machine))" }
    var networkPath: String { "\(Self.namespaces)/\(network)" }

    /// Whether a namespace is this instance's.
    func owns(_ namespace: String) -> Bool { namespace == network || namespace.hasPrefix(network + "-") }

    /// The bridge's end of a machine's cable. From the MAC address, which is unique in the bundle; 15 characters are allowed.
    func port(mac: MACAddress) -> String { "v" + Hexadecimal.text(mac.octets) }

    /// Below the root of each cgroup hierarchy.
    var cgroup: String { paths.tag }
    func cgroup(of machine: String) -> String { "\(paths.tag)/\(machine)" }

    /// What a machine has written, on the tree that all share.
    func upper(_ machine: String) -> String { "\(paths.machine(machine))/upper" }
    func work(_ machine: String) -> String { "\(paths.machine(machine))/work" }
    func mountPoint(_ machine: String) -> String { "\(paths.machine(machine))/root" }
    func console(_ machine: String) -> String { "\(paths.machine(machine))/console.log" }

    /// Where a machine's directory that cannot be on an overlay is on the host.
    func data(_ directory: DataDirectory, of machine: String) -> String {
        "\(paths.machine(machine))/\(directory.rawValue)"
    }

    func snapshots(of machine: String) -> String { "\(paths.machine(machine))/snapshots" }
    func snapshot(_ name: String, of machine: String) -> String { "\(snapshots(of: machine))/\(name)" }
}

/// Directories of a worker that are ones of the host: containerd makes overlays there, which the kernel refuses on what is an
/// overlay itself, and what the kubelet mounts for pods belongs beside them. The raw value is the name on the host.
enum DataDirectory: String, CaseIterable {
    case containerd
    case kubelet

    /// In the machine.
    var path: String { "/var/lib/\(rawValue)" }

    static func of(_ role: Role) -> [DataDirectory] { role == .worker ? allCases : [] }
}
