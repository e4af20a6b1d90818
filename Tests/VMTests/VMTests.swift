import Foundation
import HostSystem
import LabSupport
import Launching
import TestSupport
import Testing

/// Five real virtual machines under QEMU. In order: each test takes the machines as the one before left them.
@Suite("virtual machines", .serialized, .machinesPossible, .machines)
struct VMTests {
    let lab = Lab.current

    static let machines = ["haproxy", "jump", "etcd-1", "etcd-2", "etcd-3"]

    private func isHealthy() throws -> Bool {
        try lab.jump("etcdctl-cluster endpoint health 2>&1").output.components(separatedBy: "is healthy").count == 4
    }

    private func wait() throws { try lab.slipway("up", "vm", "--wait", "--timeout", "900", limit: 930) }

    @Test("all machines have configured themselves from their seeds, and etcd has a quorum")
    func ready() throws {
        let report = try lab.report()
        #expect(report.provider == "qemu" && report.faults == [])
        #expect(report.machines.map(\.name) == Self.machines)
        for machine in report.machines {
            #expect(machine.green, "\(machine)")
            #expect(machine.generation == 1 && machine.waiting == [])
        }
        #expect(try isHealthy())
        #expect(try lab.jump("etcdctl-cluster put first kept").output == "OK\n")
    }

    @Test("SSH from the host goes through jump by itself, asks nothing, and root's commands reach every machine")
    func ssh() throws {
        #expect(try lab.jump("hostname").output == "jump\n")
        let direct = try lab.run([Repository.slipway.path, "ssh", "vm", "etcd-3", "--", "hostname"])
        #expect(direct.output == "etcd-3\n", "\(direct)")
        #expect(try lab.inside("haproxy", "sh", "-c", "id -u; echo 'a  b'").output == "0\na  b\n")
        #expect(try lab.inside("etcd-1", "false").status == 1)
    }

    @Test("seed and depot are there and cannot be written; the jump host has no way out")
    func isolation() throws {
        let disks = try lab.inside("jump", "sh", "-c", "cat /sys/block/vd[bc]/ro /sys/block/vd[bc]/serial")
        #expect(disks.output == "1\n1\nSEEDSLIPWAY", "\(disks)")
        let routes = try lab.inside("jump", "ip", "route", "show", "default")
        #expect(routes.output.contains("lan0") && routes.output.split(separator: "\n").count == 1, "\(routes)")
    }

    @Test("a second up starts nothing")
    func nothingToDo() throws {
        let before = try Qemu.processes(of: lab).map(\.id)
        #expect(try lab.slipway("up", lab.bundle, "--wait", limit: 900).contains("0 started"))
        #expect(try Qemu.processes(of: lab).map(\.id) == before)
    }

    @Test("logs are the journal, --console what the serial line carried, and console attaches to it")
    func logs() throws {
        #expect(try lab.slipway("logs", "vm", "etcd-1", "--unit", "etcd", "-n", "3").split(separator: "\n").count >= 3)
        #expect(try lab.slipway("logs", "vm", "etcd-1", "--console").contains("\"generation\":1,"))
        let console = try lab.run([Repository.slipway.path, "console", "vm", "etcd-1"], limit: 120)
        #expect(console.status == 0, "standard input is at its end: \(console)")
    }

    @Test("another bundle reaches machines that run, and changes what differs without a reboot")
    func update() throws {
        let boot = try lab.inside("jump", "cat", "/proc/sys/kernel/random/boot_id").output
        let changed = "\(lab.directory)/changed.tar"
        try Bundles.build(in: lab, changing: "jump/ansible.cfg", adding: "# Changed.\n", to: changed)
        #expect(try lab.slipway("up", changed, "--wait", limit: 900).contains("updated"))
        #expect(try lab.inside("jump", "tail", "-n", "1", "/etc/ansible/ansible.cfg").output == "# Changed.\n")
        for machine in try lab.status() { #expect(machine.generation == (machine.name == "jump" ? 2 : 1)) }
        #expect(try lab.inside("jump", "cat", "/proc/sys/kernel/random/boot_id").output == boot)
    }

    @Test("a machine that was killed: status says so at once, two members go on, up brings it back")
    func killedMachine() throws {
        try Qemu.kill("etcd-2", of: lab)
        let status = try lab.status()
        #expect(status.map(\.power) == Self.machines.map { $0 == "etcd-2" ? "stopped" : "running" })
        #expect(try lab.jump("etcdctl-cluster put second kept").output == "OK\n")
        try wait()
        #expect(try lab.eventually(within: 300) { try isHealthy() })
    }

    @Test("a switch that was killed: status says so at once, up replaces it, and all machines are back")
    func killedSwitch() throws {
        try Qemu.kill("-switch", of: lab)
        let report = try lab.report()
        #expect(report.faults.count == 1 && report.machines.allSatisfy { $0.power == "running" })
        #expect(try lab.slipway("up", "vm").contains("0 started"))
        #expect(try lab.report().faults == [])
        #expect(try lab.eventually(within: 300) { try isHealthy() })
    }

    @Test(
        "up that was killed is finished by the next one, beside machines that run; there is never a second of anything")
    func killedUp() throws {
        let up = [Repository.slipway.path, "up", lab.bundle, "jump", "--name", "second"]
        for moment in [0.2, 0.5, 1.0, 1.5, 2.5] { #expect(try lab.run(up, killAfter: moment).status != 1) }
        // Two at the same time: one of them is refused, or finds nothing left to do.
        let race = try lab.run(["sh", "-c", "\"$@\" & \"$@\"; wait", "sh"] + up)
        #expect(race.status == 0 || race.errors.contains("another slipway is at work"), "\(race)")
        _ = try lab.run(up)
        #expect(try Qemu.processes(of: lab, "second").count == 2, "the machine and the switch")
        #expect(try lab.status("second").map(\.power) == ["stopped", "running", "stopped", "stopped", "stopped"])
        let up2 = try lab.run(up + ["--wait", "--timeout", "900"], limit: 930)
        #expect(up2.status == 0, "\(up2)")
        #expect(up2.errors.contains("these do not run, so --wait is for what the others were given"), "\(up2)")
        #expect(up2.output.contains("1 applied after"), "\(up2)")
        #expect(try lab.run([Repository.slipway.path, "ssh", "second", "--", "hostname"]).output == "jump\n")
        #expect(try lab.status().allSatisfy { $0.power == "running" }, "the first did not notice")
        #expect(try lab.slipway("destroy", "second") == "second: destroyed\n")
        #expect(try Qemu.processes(of: lab, "second").isEmpty)
        #expect(!FileManager.default.fileExists(atPath: "\(lab.state)/second"))
        #expect(try isHealthy())
    }

    @Test("a snapshot of running machines is a whole: stop, restore, start, and what came later is gone")
    func snapshot() throws {
        #expect(try lab.slipway("snapshot", "vm", "before") == "vm: snapshot before taken\n")
        #expect(try lab.status().allSatisfy { $0.power == "running" })
        #expect(try lab.jump("etcdctl-cluster put third lost").output == "OK\n")
        try lab.slipway("stop", "vm")
        #expect(try Qemu.processes(of: lab).isEmpty, "the switch went with the last machine")
        #expect(try lab.status().allSatisfy { $0.power == "stopped" })
        for machine in Self.machines {
            let log = try lab.slipway("logs", "vm", machine, "--console")
            #expect(log.contains("reboot: Power down"), "\(machine) was shut down in order")
        }
        #expect(try lab.slipway("snapshots", "vm").contains("before"))
        #expect(try lab.slipway("restore", "vm", "before") == "vm: before restored, 0 started\n")
        #expect(try lab.slipway("start", "vm").contains("started haproxy, jump, etcd-1, etcd-2, etcd-3"))
        try wait()
        #expect(try lab.eventually(within: 300) { try isHealthy() })
        #expect(try lab.jump("etcdctl-cluster get --prefix '' --keys-only").output == "first\n\nsecond\n\n")
        #expect(try lab.status().allSatisfy { $0.green })
    }
}
