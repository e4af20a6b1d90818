import BundleFormat
import HostSystem
import Testing

@testable import Launching
@testable import Nspawn

/// The command lines, as they are run.
@Suite("nspawn commands")
struct NspawnCommandTests {
    let names: NspawnNames
    let network: NspawnNetwork
    /// Eight digits of SHA-256 of `/s/lab`.
    let tag = "slipway-2a1f0e09"

    init() throws {
        names = NspawnNames(paths: try Sample.instance().paths)
        network = NspawnNetwork(names: names, plan: Sample.plan)
    }

    @Test("the bridge: in a namespace of its own, with the gateway's address")
    func bridge() {
        #expect(network.add(names.network).arguments == ["ip", "netns", "add", tag])
        #expect(network.bridge.arguments == ["ip", "-n", tag, "-batch", "-"])
        #expect(
            network.bridge.input
                == .text(
                    """
                    link set lo up
                    link add lan type bridge
                    address add 192.168.64.1/24 dev lan
                    link set lan up

                    """))
    }

    @Test("a machine's cable: the bundle's MAC address, lan0 inside, the address given from outside")
    func cable() {
        #expect(network.cable(Sample.etcd).arguments == ["ip", "-n", tag, "-batch", "-"])
        #expect(
            network.cable(Sample.etcd).input
                == .text(
                    """
                    link add vd6b667576a55 type veth peer name lan0 address d6:b6:67:57:6a:55 netns \(tag)-etcd-1
                    link set vd6b667576a55 master lan up

                    """))
        #expect(network.address(Sample.etcd).arguments == ["ip", "-n", "\(tag)-etcd-1", "-batch", "-"])
        #expect(
            network.address(Sample.etcd).input
                == .text(
                    """
                    link set lo up
                    address add 192.168.64.21/24 dev lan0
                    link set lan0 up
                    route add default via 192.168.64.1

                    """))
        #expect(names.port(mac: Sample.etcd.mac).utf8.count <= 15, "the kernel's limit for an interface's name")
    }

    @Test("a machine's boot, word by word")
    func boot() {
        let command = boot(Sample.etcd)
        #expect(command.environment == ["SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"])
        #expect(command.output == .appended(path: "/s/lab/machines/etcd-1/console.log"))
        #expect(
            command.arguments == [
                "setsid", "--fork", "nsenter", "--net=/run/netns/\(tag)-etcd-1",
                "unshare", "--mount", "--propagation", "slave", "--",
                "sh", "-c", NspawnMachine.preparation, "slipway", "/cg/\(tag)/etcd-1/cgroup.procs",
                "lowerdir=/base,upperdir=/s/lab/machines/etcd-1/upper,workdir=/s/lab/machines/etcd-1/work",
                "/s/lab/machines/etcd-1/root",
                "systemd-nspawn", "--quiet", "--register=no", "--keep-unit",
                "--directory=/s/lab/machines/etcd-1/root", "--machine=\(tag)-etcd-1", "--hostname=etcd-1",
                "--uuid=6f9619ff-8b86-d011-b42d-00cf4fc964f1", "--network-namespace-path=/run/netns/\(tag)-etcd-1",
                "--bind-ro=/s/lab/machines/etcd-1/seed:/var/lib/cloud/seed/nocloud",
                "--bind-ro=/s/lab/depot:/run/slipway/depot",
                "--resolv-conf=off", "--timezone=off", "--link-journal=no", "--console=read-only",
                "--kill-signal=SIGRTMIN+3", "--boot",
            ])
    }

    @Test("only a worker gets what pods need: its own network's settings, and real directories for what makes overlays")
    func worker() {
        let extra = [
            "--capability=all", "--bind=/dev/kmsg", "--system-call-filter=@keyring bpf @module",
            "--bind=/s/lab/machines/worker-1/containerd:/var/lib/containerd",
            "--bind=/s/lab/machines/worker-1/kubelet:/var/lib/kubelet",
        ]
        let command = boot(Sample.worker)
        #expect(command.arguments.suffix(6) == extra + ["--boot"])
        #expect(
            command.environment
                == ["SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1", "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network"])
        #expect(Set(boot(Sample.etcd).arguments).isDisjoint(with: extra))
    }

    @Test(
        "a load balancer may give itself the API's address where it moves between two, and change nothing but its network"
    )
    func movingAddress() {
        let command = boot(Sample.etcd, movesAddress: true)
        #expect(command.arguments.suffix(2) == ["--capability=CAP_NET_ADMIN", "--boot"])
        #expect(command.environment["SYSTEMD_NSPAWN_API_VFS_WRITABLE"] == "network")
    }

    @Test("exec enters all of the machine's namespaces and brings nothing of the host's environment")
    func execution() throws {
        let provider = NspawnProvider(
            runner: RecordingRunner(), processes: FakeProcesses(), cgroups: CgroupTree(mount: "/cg"))
        let machine = RunningMachine(name: "etcd-1", state: .running, leader: 42)
        #expect(
            try provider.execution(["ls", "-l"], in: machine, of: Sample.instance(), terminal: "xterm").arguments == [
                "nsenter", "--target", "42", "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root",
                "--wd",
                "--", "env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root",
                "LANG=C.UTF-8", "TERM=xterm", "ls", "-l",
            ])
        #expect(
            provider.login("jump", [], try Sample.instance()).arguments
                == ["nsenter", "--net=/run/netns/\(tag)", "--", "ssh", "-F", "ssh_config", "jump"])
    }

    @Test("logs: the journal of a machine that runs, that of one that does not, and the console")
    func logs() throws {
        let provider = NspawnProvider(
            runner: RecordingRunner(), processes: FakeProcesses(), cgroups: CgroupTree(mount: "/cg"))
        let instance = try Sample.instance()
        let machine = RunningMachine(name: "etcd-1", state: .running, leader: 42)
        let request = LogRequest(unit: "etcd", lines: 5, follows: true)
        #expect(
            provider.log(of: "etcd-1", running: machine, request, instance).arguments.suffix(5)
                == ["journalctl", "--no-pager", "--lines=5", "--unit=etcd", "--follow"])
        #expect(
            provider.log(of: "etcd-1", running: nil, LogRequest(), instance).arguments
                == ["journalctl", "--no-pager", "--directory=/s/lab/machines/etcd-1/upper/var/log/journal"])
        #expect(
            provider.log(of: "etcd-1", running: nil, LogRequest(console: true), instance).arguments
                == ["tail", "--lines=+1", "/s/lab/machines/etcd-1/console.log"])
    }

    private func boot(_ machine: LaunchDefinition, movesAddress: Bool = false) -> ExternalCommand {
        NspawnMachine(
            definition: machine, names: names, baseTree: "/base",
            cgroupProcesses: ["/cg/\(names.cgroup(of: machine.name))/cgroup.procs"], movesAddress: movesAddress
        ).command
    }
}
