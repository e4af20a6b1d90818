import BundleFormat
import Foundation
import HostSystem
import LaunchingSupport
import TestSupport
import Testing
import Values

@testable import Launching

/// What a host's kernel counts, read from recorded files, and compared with what machines take.
@Suite("host limits")
struct HostLimitsTests {
    // MARK: Reading

    /// As a Debian 12 host with 23 GiB of memory has them, beside a cluster of eleven.
    private static let recorded = [
        "proc/sys/fs/inotify/max_user_instances": "128\n", "proc/sys/fs/inotify/max_user_watches": "192536\n",
        "proc/sys/fs/file-max": "2466170\n", "proc/sys/fs/file-nr": "5981\t0\t2466170\n",
        "proc/sys/kernel/pid_max": "32768\n", "proc/sys/kernel/threads-max": "192730\n",
        "proc/sys/net/ipv4/neigh/default/gc_thresh3": "1024\n", "proc/sys/net/netfilter/nf_conntrack_max": "262144\n",
        "proc/loadavg": "14.77 12.62 9.53 3/497 25128\n",
        "proc/net/stat/arp_cache":
            "entries  allocs   destroys hash_grows  lookups  hits\n00000050 00000131 00000091 00000005 0002c1ad 0002a1\n",
        "proc/self/cgroup": "0::/user.slice/lab\n",
    ]

    private static func host(_ changes: [String: String?] = [:]) throws -> (Scratch, HostLimits) {
        let root = try Scratch()
        let files = recorded.mapValues(Optional.some).merging(changes) { $1 }
        for case (let name, let text?) in files { try root.write(name, text) }
        return (root, HostLimits.read(root: root.path))
    }

    @Test("what a kernel tells of itself, proc(5)")
    func reading() throws {
        let limits = try Self.host().1.limits
        #expect(limits[.inotifyInstances] == .init(128, used: 0, .sysctl("fs.inotify.max_user_instances")))
        #expect(limits[.inotifyWatches]?.limit == 192_536)
        #expect(limits[.openFiles] == .init(2_466_170, used: 5981, .sysctl("fs.file-max")))
        #expect(limits[.tasks] == .init(32_768, used: 497, .sysctl("kernel.pid_max")))
        #expect(limits[.neighbours] == .init(1024, used: 80, .sysctl("net.ipv4.neigh.default.gc_thresh3")))
        #expect(limits[.connections]?.limit == 262_144)
    }

    @Test("what is not told is no limit", arguments: HostLimitsTests.recorded.keys.sorted())
    func absent(_ file: String) throws {
        let limits = try Self.host([file: nil]).1.limits
        #expect(limits.count >= HostLimits.Kind.allCases.count - 1)
        #expect(try Self.host([file: "nonsense"]).1.limits.count >= HostLimits.Kind.allCases.count - 1)
    }

    @Test(
        "of all that limit processes, the least room counts: of this process's cgroup, or of one above it",
        arguments: [
            ("0::/user.slice/lab\n", "sys/fs/cgroup/user.slice", "/user.slice"),
            ("0::/user.slice/lab\n", "sys/fs/cgroup/user.slice/lab", "/user.slice/lab"),
            ("8:pids:/docker/1\n0::/\n", "sys/fs/cgroup/pids/docker/1", "/docker/1"),
        ])
    func cgroups(_ own: String, _ directory: String, _ path: String) throws {
        let limits = try Self.host([
            "proc/self/cgroup": own, "\(directory)/pids.max": "500\n", "\(directory)/pids.current": "120\n",
        ]).1
        #expect(limits.limits[.tasks] == .init(500, used: 120, .cgroup(path: path)))
        let unlimited = try Self.host([
            "proc/self/cgroup": own, "\(directory)/pids.max": "max\n", "\(directory)/pids.current": "120\n",
        ]).1
        #expect(unlimited.limits[.tasks]?.limit == 32_768)
    }

    @Test("inotify instances and watches are counted at the processes that have them")
    func inotify() throws {
        let root = try Scratch()
        for (name, text) in Self.recorded { try root.write(name, text) }
        for (process, file) in [(1, 3), (1, 4), (20, 9)] {
            try root.write("proc/\(process)/fdinfo/\(file)", "pos:\t0\ninotify wd:1 ino:2\ninotify wd:2 ino:3\n")
            try FileManager.default.createDirectory(
                atPath: root.file("proc/\(process)/fd"), withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(
                atPath: root.file("proc/\(process)/fd/\(file)"), withDestinationPath: "anon_inode:inotify")
        }
        try FileManager.default.createSymbolicLink(
            atPath: root.file("proc/20/fd/1"), withDestinationPath: "anon_inode:[eventpoll]")
        let limits = HostLimits.read(root: root.path).limits
        #expect(limits[.inotifyInstances]?.used == 3)
        #expect(limits[.inotifyWatches]?.used == 6)
    }

    // MARK: Comparing

    private static func machines(_ counts: [(Role, Int)]) -> [LaunchDefinition] {
        counts.flatMap { role, count in (1...count).map { (role, $0) } }.enumerated().map { index, entry in
            LaunchDefinition(
                name: "\(entry.0.rawValue)-\(entry.1)", role: entry.0,
                uuid: "6F9619FF-8B86-D011-B42D-00CF4FC9\(String(0x1000 + index, radix: 16))",
                mac: "d6:b6:67:57:\(String(16 + index / 200, radix: 16)):\(String(16 + index % 200, radix: 16))",
                address: "192.168.\(64 + index / 200).\(10 + index % 200)", cpus: 1, memory: 256, disk: 2048,
                image: "image")
        }
    }

    private static let eleven: [(Role, Int)] = [
        (.loadBalancer, 1), (.vault, 1), (.jump, 1), (.etcd, 3), (.controlPlane, 2), (.worker, 3),
    ]
    private static let large: [(Role, Int)] = [
        (.loadBalancer, 1), (.jump, 1), (.etcd, 5), (.controlPlane, 3), (.worker, 16),
    ]

    private static func findings(
        _ counts: [(Role, Int)], running: Int = 0, shared: Bool = true, _ changes: [String: String?] = [:]
    ) throws -> [Finding] {
        let machines = machines(counts)
        let plan = LaunchPlan(
            cluster: "lab", architecture: .amd64, sharesKernel: shared, subnet: "192.168.64.0/18",
            gateway: "192.168.64.1", machines: machines)
        let limits = try host(changes).1
        let computer = Computer(
            system: .linux, architecture: .amd64, processors: 64, availableMemory: { 1 << 40 },
            freeSpace: { _ in 1 << 45 }, networks: { [] }, limits: { limits })
        return Resources(
            Examination(
                plan: plan, paths: try InstancePaths(name: "lab", root: "/s"),
                machines: Array(machines.dropFirst(running)), running: Array(machines.prefix(running)), host: computer)
        ).findings
    }

    @Test("eleven machines fit into a kernel as it comes")
    func eleven() throws {
        #expect(try Self.findings(Self.eleven).allSatisfy { $0.level == .ok })
    }

    @Test("26 machines need more inotify instances than a kernel gives, and are told how many and how")
    func inotifyInstances() throws {
        let finding = try #require(try Self.findings(Self.large).first { $0.subject == "inotify instances" })
        #expect(finding.level == .failure)
        #expect(finding.message == "26 machines take 282 inotify instances, 0 are taken, and 128 are allowed")
        let remedy =
            "sudo sysctl -w fs.inotify.max_user_instances=1024; to keep it: echo 'fs.inotify.max_user_instances = 1024' | sudo tee -a /etc/sysctl.d/60-slipway.conf"
        #expect(finding.remedy == remedy)
        let mended = try Self.findings(Self.large, ["proc/sys/fs/inotify/max_user_instances": "1024"])
        #expect(!mended.contains { $0.level == .failure })
    }

    @Test(
        "each limit that is too low is a failure with the setting's name",
        arguments: [
            ("proc/sys/fs/inotify/max_user_watches", "64", "inotify watches", "fs.inotify.max_user_watches"),
            ("proc/sys/fs/file-max", "9000", "open files", "fs.file-max"),
            ("proc/sys/kernel/pid_max", "700", "processes", "kernel.pid_max"),
            ("proc/sys/kernel/threads-max", "700", "processes", "kernel.threads-max"),
            ("proc/sys/net/ipv4/neigh/default/gc_thresh3", "128", "ARP table", "net.ipv4.neigh.default.gc_thresh3"),
            ("proc/sys/net/netfilter/nf_conntrack_max", "512", "connections", "net.netfilter.nf_conntrack_max"),
        ])
    func tooLow(_ file: String, _ value: String, _ subject: String, _ setting: String) throws {
        let found = try Self.findings(Self.eleven, [file: value]).filter { $0.level == .failure }
        #expect(found.map(\.subject) == [subject])
        #expect(found.first?.remedy?.contains("sudo sysctl -w \(setting)=") == true)
    }

    @Test("enough to begin with is a warning")
    func begin() throws {
        let found = try Self.findings(Self.large, ["proc/sys/fs/inotify/max_user_instances": "8192"])
        let warnings = found.filter { $0.level == .warning }
        #expect(warnings.map(\.subject) == ["ARP table"])
        #expect(!found.contains { $0.level == .failure })
    }

    @Test("machines that run count, with what they have already")
    func running() throws {
        let changes: [String: String?] = ["proc/sys/fs/inotify/max_user_instances": "200"]
        let finding = try #require(
            try Self.findings(Self.large, running: 20, changes).first { $0.subject == "inotify instances" })
        #expect(finding.level == .failure)
        #expect(finding.message == "26 machines (20 run) take 282 inotify instances, 0 are taken, and 200 are allowed")
        let all = try Self.findings(Self.large, running: 26)
        #expect(all.first { $0.subject == "processors" }?.message == "26 machines (26 run) have 26, this host 64")
        #expect(
            all.first { $0.subject == "memory" }?.message.hasSuffix("; 26 machines with 6.5 GiB run") == true)
    }

    @Test("virtual machines count in kernels of their own")
    func virtualMachines() throws {
        let found = try Self.findings(Self.large, shared: false)
        #expect(!found.contains { $0.subject.hasPrefix("inotify") || $0.subject == "ARP table" })
        #expect(found.allSatisfy { $0.level == .ok })
        let low = try Self.findings(Self.large, shared: false, ["proc/sys/kernel/pid_max": "600"])
        #expect(low.filter { $0.level == .failure }.map(\.subject) == ["processes"])
    }

    @Test("a bridge has 1023 ports")
    func bridge() throws {
        let found = try Self.findings([(.worker, 1100)], ["proc/sys/fs/inotify/max_user_instances": "1000000"])
        #expect(found.first { $0.subject == "bridge" }?.level == .failure)
        #expect(try !Self.findings([(.worker, 1000)]).contains { $0.subject == "bridge" })
    }
}
