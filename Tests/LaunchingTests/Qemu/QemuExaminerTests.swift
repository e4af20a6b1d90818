import BundleFormat
import HostSystem
import LaunchingSupport
import Testing
import Values

@testable import Launching
@testable import Qemu

@Suite("qemu examiner")
struct QemuExaminerTests {
    private func findings(
        networks: [HostNetwork] = [], shared: Bool = false, port: Int? = nil, installed: Bool = true
    ) throws -> [Finding] {
        let host = Computer(
            system: .linux, architecture: .amd64, processors: 4, availableMemory: { 16 << 30 },
            freeSpace: { _ in 100 << 30 }, networks: { networks })
        let plan = LaunchPlan(
            cluster: "lab", architecture: .amd64, sharesKernel: shared, subnet: "192.168.64.0/24",
            gateway: "192.168.64.1", machines: Sample.plan.machines)
        let subject = Examination(
            plan: plan, paths: try InstancePaths(name: "lab", root: "/s"), machines: plan.machines, host: host)
        let runner = RecordingRunner { command in
            if command.arguments.last == "--version" {
                return CommandResult(status: installed ? 0 : 1, output: "QEMU emulator version 10.0.2\n")
            }
            return CommandResult(status: 33)
        }
        let probe = QemuProbe(host: host, runner: runner, exists: { _ in false })
        return QemuExaminer(subject: subject, probe: probe, forwardPort: port).findings
    }

    @Test("a network that the host has too is no obstacle, and said")
    func clash() throws {
        let other = HostNetwork(interface: "wlan0", "192.168.0.0/16")
        let finding = try #require(try findings(networks: [other]).first { $0.subject == "network" })
        #expect(finding.level == .warning)
        #expect(finding.message.contains("192.168.64.0/24 is also this host's (wlan0 has 192.168.0.0/16)"))
        #expect(try findings().allSatisfy { $0.subject != "network" })
    }

    @Test("machines that share a kernel are not for QEMU")
    func shared() throws {
        let finding = try #require(try findings(shared: true).first { $0.subject == "kernel" })
        #expect(finding.level == .failure && finding.remedy?.contains("--provider nspawn") == true)
    }

    @Test("a QEMU that does not even tell its version")
    func broken() throws {
        let finding = try #require(try findings(installed: false).first { $0.subject == "QEMU" })
        #expect(finding.level == .failure && finding.message.contains("it tells no version"))
    }

    @Test("without hardware it is slower, and goes")
    func slow() throws {
        let all = try findings()
        #expect(all.allSatisfy { $0.level != .failure })
        #expect(all.first { $0.subject == "accelerator" }?.level == .warning)
    }
}
