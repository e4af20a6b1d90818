import BundleFormat
import HostSystem
import LaunchingSupport
import Testing
import Values

@testable import Launching
@testable import Nspawn

@Suite("doctor")
struct DoctorTests {
    private static func host(
        memory: Int64? = 64 << 30, disk: Int64? = 500 << 30, processors: Int = 8,
        system: Computer.System = .linux,
        networks: [HostNetwork] = []
    ) -> Computer {
        Computer(
            system: system, architecture: .amd64, processors: processors, availableMemory: { memory },
            freeSpace: { _ in disk }, networks: { networks })
    }

    private static func subject(_ host: Computer, shared: Bool = false) throws -> Examination {
        let machines = Sample.plan.machines
        let plan = LaunchPlan(
            cluster: "lab", architecture: .amd64, sharesKernel: shared, subnet: "192.168.64.0/24",
            gateway: "192.168.64.1", machines: machines)
        return Examination(
            plan: plan, paths: try InstancePaths(name: "lab", root: "/s"), machines: machines, host: host)
    }

    private func finding(_ subject: String, _ host: Computer) throws -> Finding? {
        Resources(try Self.subject(host)).findings.first { $0.subject == subject }
    }

    @Test("memory that is not there is a failure that says how much, and what to do")
    func memory() throws {
        #expect(try finding("memory", Self.host())?.level == .ok)
        let short = try #require(try finding("memory", Self.host(memory: 100 << 20)))
        #expect(short.level == .failure)
        #expect(short.message == "2 machines have 0.5 GiB of memory, and this host can give 0.1 GiB")
        #expect(short.remedy == "Close other programs, name fewer machines, or lower 'memory' in the topology.")
        #expect(try finding("memory", Self.host(memory: nil))?.level == .warning)
    }

    @Test("a container's memory is a limit, not a claim")
    func sharedMemory() throws {
        let findings = Resources(try Self.subject(Self.host(memory: 100 << 20), shared: true)).findings
        #expect(findings.first { $0.subject == "memory" }?.level == .ok)
    }

    @Test(
        "disk: enough, enough to begin with, and too little", arguments: [(500, "ok"), (3, "warning"), (1, "failure")])
    func disk(_ gibibytes: Int64, _ level: String) throws {
        #expect(try finding("disk", Self.host(disk: gibibytes << 30))?.level.rawValue == level)
    }

    @Test("processors may be shared by four")
    func processors() throws {
        #expect(try finding("processors", Self.host(processors: 1))?.level == .ok)
    }

    @Test(
        "networks that meet",
        arguments: [
            ("192.168.64.1/24", true), ("192.168.0.0/16", true), ("192.168.65.1/24", false), ("10.0.0.1/8", false),
            ("0.0.0.0/0", true),
        ])
    func overlap(_ text: String, _ meets: Bool) throws {
        let own = network("192.168.64.0/24")
        let other = HostNetwork(interface: "en0", text).network
        #expect(own.overlaps(other) == meets && other.overlaps(own) == meets)
    }

    @Test("what can be taken of the memory, proc(5)")
    func meminfo() {
        #expect(MemoryInfo.available("MemTotal: 9 kB\nMemAvailable:   2048 kB\n") == 2 << 20)
        #expect(MemoryInfo.available("MemTotal: 9 kB\n") == nil)
    }

    @Test("this host has something of everything")
    func current() {
        let host = Computer.current
        #expect(host.processors > 0 && (host.availableMemory() ?? 0) > 0)
        #expect((host.freeSpace("/no/such/directory/anywhere") ?? 0) > 0)
        #expect(host.networks().contains { $0.interface == "lo" || $0.interface == "lo0" })
    }

    @Test("containers: what stands in the way, each with the way out")
    func nspawn() throws {
        let mac = NspawnExaminer(subject: try Self.subject(Self.host(system: .macOS), shared: true)).findings
        #expect(mac.map(\.message) == ["containers need Linux, and this is macOS"])
        let own = NspawnExaminer(subject: try Self.subject(Self.host())).findings.first { $0.subject == "kernel" }
        #expect(own?.level == .failure)
        #expect(own?.remedy == "Set guest.kernel: shared, or use --provider qemu.")
    }
}
