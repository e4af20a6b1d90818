import BundleFormat
import HostSystem
import Launching
import Values

/// The command that boots one machine.
///
/// From outside in: a process of its own session that outlives us; in the machine's network namespace, by which it and all
/// its descendants are found again; in a mount namespace of its own, so that nothing mounted for it is seen on the host or
/// outlives it; in a cgroup of its own, because machines that shared one would take each other's services for their own.
struct NspawnMachine: Hashable {
    let definition: LaunchDefinition
    let names: NspawnNames
    let baseTree: String
    /// The files that take a process into the machine's cgroups.
    let cgroupProcesses: [String]
    /// Whether the machine may give itself addresses: where the API's moves between load balancers.
    var movesAddress = false

    /// What systemd-nspawn itself would leave below /run goes into a file system that ends with the machine.
    static let preparation = """
        for group in $1; do echo 0 >"$group" || exit 1; done; mkdir -p /run/systemd/nspawn && mount -t tmpfs -o mode=0755 slipway /run/systemd/nspawn && \
        mount -t overlay -o "$2" slipway "$3" && shift 3 && exec "$@"
        """

    var command: ExternalCommand {
        let name = definition.name
        let layers = "lowerdir=\(baseTree),upperdir=\(names.upper(name)),workdir=\(names.work(name))"
        let detached = [
            "setsid", "--fork", "nsenter", "--net=\(names.networkPath(of: name))",
            "unshare", "--mount", "--propagation", "slave", "--",
        ]
        let prepared = [
            "sh", "-c", Self.preparation, "slipway", cgroupProcesses.joined(separator: " "), layers,
            names.mountPoint(name),
        ]
        return ExternalCommand(
            detached + prepared + nspawn,
            environment: environment,
            output: .appended(path: names.console(name)))
    }

    private var environment: [String: String] {
        // systemd 257 in the machine has cgroups v2 only; without this systemd-nspawn does as the host does.
        var environment = ["SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"]
        // Of /proc/sys only net may be written, which is the machine's own: the bridge plugin and kube-proxy set forwarding, and
        // load balancers listen at an address that they do not have yet.
        if definition.role == .worker || movesAddress { environment["SYSTEMD_NSPAWN_API_VFS_WRITABLE"] = "network" }
        return environment
    }

    private var nspawn: [String] {
        let name = definition.name
        var arguments = [
            "systemd-nspawn", "--quiet",
            // The host's systemd is not told, and not needed.
            "--register=no", "--keep-unit",
            "--directory=\(names.mountPoint(name))",
            "--machine=\(names.network(of: name))", "--hostname=\(name)", "--uuid=\(definition.uuid.lowercased)",
            "--network-namespace-path=\(names.networkPath(of: name))",
            "--bind-ro=\(names.paths.seed(of: name)):\(SeedLayout.cloudInitDirectory)",
            "--bind-ro=\(names.paths.depot):\(DepotLayout.directory)",
            "--resolv-conf=off", "--timezone=off", "--link-journal=no", "--console=read-only",
            // What systemd takes as: power off in order.
            "--kill-signal=SIGRTMIN+3",
        ]
        if definition.role == .worker {
            // For pods: containerd and the kubelet mount, load BPF programs and read the kernel's log.
            arguments += ["--capability=all", "--bind=/dev/kmsg", "--system-call-filter=@keyring bpf @module"]
        }
        if movesAddress { arguments.append("--capability=CAP_NET_ADMIN") }
        for directory in DataDirectory.of(definition.role) {
            arguments.append("--bind=\(names.data(directory, of: name)):\(directory.path)")
        }
        return arguments + ["--boot"]
    }
}
