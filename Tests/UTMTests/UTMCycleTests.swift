import BundleFormat
import Foundation
import HostSystem
import LaunchingSupport
import TestSupport
import Testing
import UTM
import Values

@testable import Launching
@testable import UTM

/// The verbs against the stand-in, when all goes well.
@Suite("UTM cycle")
struct UTMCycleTests {
    @Test("the eleven machines: up, status, stop, start, destroy")
    func eleven() throws {
        let lab = try UTMLab(try UTMPlans.plan("ha"), name: "ha")
        try lab.addForeign(name: "Windows", uuid: "00000000-0000-4000-8000-000000000001", state: "started")
        let machines = lab.plan.machines.map(\.name)
        #expect(try lab.provider.running(lab.instance) == [:])
        #expect(lab.calls == [], "who has nothing in UTM does not start UTM by asking")

        #expect(try lab.start() == machines)
        #expect(lab.states.count == 12 && lab.states["ha.worker-3"] == "started")
        let running = try lab.provider.running(lab.instance)
        #expect(running.count == 11 && running["etcd-2"] == RunningMachine(name: "etcd-2", state: .running))
        #expect(try lab.start() == [], "the second time there is nothing to do")

        #expect(try lab.stop() == machines)
        #expect(try lab.provider.running(lab.instance) == [:])
        #expect(lab.states.filter { $0.value == "stopped" }.count == 11)
        #expect(try lab.stop() == [])

        try lab.forgetCalls()
        #expect(try lab.start() == machines)
        #expect(!lab.calls.contains { $0.hasPrefix("open") }, "what is registered is not opened again")

        try lab.provider.destroy(lab.paths)
        #expect(lab.states == ["Windows": "started"])
        #expect(!Files.exists(lab.names.package(of: "etcd-1")))
        #expect(try lab.provider.running(lab.instance) == [:])
        try lab.provider.destroy(lab.paths)
    }

    @Test("the calls of a first start, in order")
    func calls() throws {
        let lab = try UTMLab()
        try lab.start(["etcd-2"])
        let uuid = "6F9619FF-8B86-D011-B42D-00CF4FC964F2"
        #expect(
            lab.calls == [
                "utmctl list", "open -g -a UTM state/lab/machines/etcd-2/lab.etcd-2.utm", "utmctl list",
                "utmctl start \(uuid)", "utmctl list",
            ])
        try lab.forgetCalls()
        try lab.stop()
        #expect(
            lab.calls == [
                "utmctl list", "utmctl list", "utmctl stop \(uuid) --request", "utmctl list", "utmctl list",
            ])
    }

    @Test("one machine of many is started and stopped alone")
    func some() throws {
        let lab = try UTMLab()
        #expect(try lab.start(["etcd-2"]) == ["etcd-2"])
        #expect(lab.states == ["lab.etcd-2": "started"])
        #expect(try lab.start() == ["etcd-1", "etcd-3"])
        #expect(
            try lab.provider.stop([lab.plan.machines[0]], of: lab.instance, grace: 5) == ["etcd-1"])
        #expect(lab.states == ["lab.etcd-1": "stopped", "lab.etcd-2": "started", "lab.etcd-3": "started"])
    }

    @Test("two instances side by side, whose names put together are the same text")
    func twoInstances() throws {
        let first = try UTMLab(name: "lab")
        let machine = UTMPlans.machine("a-b", address: "192.168.64.30")
        let other = LaunchDefinition(
            name: "b", role: .etcd, uuid: "6F9619FF-8B86-D011-B42D-00CF4FC964AA", mac: "d6:b6:67:57:6a:aa",
            address: "192.168.64.31", cpus: 1, memory: 256, disk: 64, image: "image")
        let one = try UTMLab(try UTMPlans.changed(machines: [machine]), name: "lab", directory: first.directory)
        let two = try UTMLab(try UTMPlans.changed(machines: [other]), name: "lab-a", directory: first.directory)
        try one.start()
        try two.start()
        #expect(one.states == ["lab.a-b": "started", "lab-a.b": "started"])
        try one.provider.destroy(one.paths)
        #expect(one.states == ["lab-a.b": "started"])
    }

    @Test("a machine of a stopped lab whose configuration changed is registered anew, and keeps its disk")
    func newConfiguration() throws {
        let lab = try UTMLab()
        try lab.start()
        try lab.stop()
        let disk = "state/lab/machines/etcd-1/lab.etcd-1.utm/Data/disk.qcow2"
        var bytes = SmallQcow2(size: 64 << 20).bytes
        bytes.append(contentsOf: Array("the machine's own data".utf8))
        try Data(bytes).write(to: URL(fileURLWithPath: "\(lab.directory.path)/\(disk)"))
        try lab.forgetCalls()
        let larger = lab.with(try UTMLab.smallPlan(memory: 512))
        try lab.start(["etcd-1"], larger)
        #expect(lab.states == ["lab.etcd-1": "started", "lab.etcd-2": "stopped", "lab.etcd-3": "stopped"])
        #expect(
            try Data(contentsOf: URL(fileURLWithPath: "\(lab.directory.path)/\(disk)")).starts(with: bytes),
            "with what the machine wrote since")
        #expect(lab.remembered.contains("\"MemorySize\": 512"), "UTM has read the new one")
        #expect(lab.calls.filter { $0.contains("delete") }.count == 1)
    }

    @Test("a machine that runs is not touched, whatever changed")
    func runningIsNotTouched() throws {
        let lab = try UTMLab()
        try lab.start()
        try lab.directory.write("new seed", to: "state/lab/machines/etcd-1/seed.iso")
        try lab.forgetCalls()
        #expect(try lab.start([], lab.with(try UTMLab.smallPlan(memory: 512))) == [])
        #expect(lab.calls == ["utmctl list"])
        #expect(try lab.directory.read("state/lab/machines/etcd-1/lab.etcd-1.utm/Data/seed.iso") == "seed of etcd-1")
        try lab.stop()
        try lab.start()
        #expect(try lab.directory.read("state/lab/machines/etcd-1/lab.etcd-1.utm/Data/seed.iso") == "new seed")
    }

    @Test("a paused machine goes on")
    func paused() throws {
        let lab = try UTMLab()
        try lab.start(["etcd-1"])
        try lab.hand("pause", "lab.etcd-1")
        #expect(try lab.provider.running(lab.instance)["etcd-1"]?.state == .paused)
        #expect(try lab.start(["etcd-1"]) == [], "it has the seed that it had: who goes on did not start")
        #expect(lab.states == ["lab.etcd-1": "started"])
        try lab.hand("pause", "lab.etcd-1")
        #expect(try lab.provider.resume(lab.plan.machines, of: lab.instance) == ["etcd-1"])
        #expect(lab.states == ["lab.etcd-1": "started"])
    }

    @Test("a machine that another bundle no longer has is removed from UTM")
    func remove() throws {
        let lab = try UTMLab()
        try lab.start()
        try lab.stop()
        try lab.provider.remove([lab.plan.machines[2]], of: lab.instance)
        #expect(Set(lab.states.keys) == ["lab.etcd-1", "lab.etcd-2"])
    }

    @Test("snapshots keep the disks, and need stopped machines")
    func snapshots() throws {
        let lab = try UTMLab()
        let disk = lab.names.package(of: "etcd-1") + "/Data/disk.qcow2"
        try lab.start(["etcd-1"])
        #expect(throws: LaunchError.mustBeStopped(machines: ["etcd-1"], instance: "lab", provider: "utm")) {
            try lab.provider.takeSnapshot("s", of: lab.instance)
        }
        try lab.stop()
        let before = try Files.read(disk)
        try lab.provider.takeSnapshot("s", of: lab.instance)
        try Data(SmallQcow2(size: 2 << 20).bytes).write(to: URL(fileURLWithPath: disk))
        try lab.start(["etcd-2"])
        try lab.stop()
        try lab.provider.restoreSnapshot("s", of: lab.instance)
        #expect(try Files.read(disk) == before)
        #expect(!Files.exists(lab.names.package(of: "etcd-2") + "/Data/disk.qcow2"), "it had none then")
        #expect(try lab.start() == ["etcd-1", "etcd-2", "etcd-3"])
        try lab.provider.deleteSnapshot("s", of: lab.instance)
        try lab.provider.deleteSnapshot("s", of: lab.instance)
        #expect(try lab.directory.names("state/lab/machines/etcd-1/snapshots") == [])
    }

    @Test("a network that macOS made otherwise is a fault, while machines run")
    func faults() throws {
        let lab = try UTMLab()
        #expect(try lab.provider.faults(lab.instance) == [])
        try lab.start(["etcd-1"])
        #expect(
            try lab.provider.faults(lab.instance) == [
                "no interface of this host has the machines' gateway 192.168.64.1: UTM's shared network is another one. 'ifconfig bridge100' shows which; stop all machines in UTM, and start these first"
            ])
        let bridge = HostNetwork(interface: "bridge100", "192.168.64.1/24")
        let well = try UTMLab(directory: lab.directory, host: .mac(networks: [bridge]))
        #expect(try well.provider.faults(well.instance) == [])
    }

    @Test("how machines are reached: SSH, and the console that utmctl names")
    func access() throws {
        let lab = try UTMLab()
        try lab.start(["etcd-1"])
        let running = try #require(try lab.provider.running(lab.instance)["etcd-1"])
        #expect(try lab.directory.read("state/lab/operator/ssh_config") == SSHConfiguration(lab.instance).text)
        #expect(
            lab.provider.login("etcd-1", ["date"], lab.instance)
                == ExternalCommand(
                    ["ssh", "-F", "ssh_config", "etcd-1", "date"], directory: lab.paths.operatorFiles))
        let log = try lab.provider.log(
            of: "etcd-1", running: running, LogRequest(unit: "etcd.service", lines: 5, follows: true), lab.instance)
        #expect(
            log.arguments.last == "sudo -n -- journalctl --no-pager --lines=5 --unit=etcd.service --follow")
        #expect(
            try lab.provider.console(of: "etcd-1", lab.instance)
                == .program(ExternalCommand(["screen", "/dev/ttys012"])))
        #expect(throws: LaunchError.notRunning(machine: "etcd-2", instance: "lab")) {
            try lab.provider.console(of: "etcd-2", lab.instance)
        }
        #expect(
            lab.refusal {
                _ = try lab.provider.log(of: "etcd-1", running: running, LogRequest(console: true), lab.instance)
            }
                == "nothing is kept of etcd-1's console: it has not been started since its console is collected. See it live with: slipway console lab etcd-1"
        )
        #expect(throws: LaunchError.notRunning(machine: "etcd-2", instance: "lab")) {
            try lab.provider.log(of: "etcd-2", running: nil, LogRequest(), lab.instance)
        }
    }
}
