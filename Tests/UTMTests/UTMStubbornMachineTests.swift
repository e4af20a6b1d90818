import BundleFormat
import Foundation
import HostSystem
import Testing
import UTM

@testable import Launching
@testable import UTM

/// Starting, stopping and deleting against the stand-in when a machine does not do what it was told.
@Suite("UTM machines that misbehave")
struct UTMStubbornMachineTests {
    private let first = "6F9619FF-8B86-D011-B42D-00CF4FC964F1"

    // MARK: Start

    @Test("a machine that is running already when it is told to start")
    func alreadyRunning() throws {
        let lab = try UTMLab()
        try lab.start(["etcd-1"])
        try lab.stop()
        // UTM was used by hand between our look and our command.
        let control = try lab.provider.control()
        let entry = try #require(try control.list().first)
        try lab.hand("start", "lab.etcd-1")
        try control.start([entry])
        #expect(lab.states == ["lab.etcd-1": "started"])
    }

    @Test("a start that takes its time")
    func slowStart() throws {
        let lab = try UTMLab()
        try lab.flag("slow-start", 9)
        #expect(try lab.start(["etcd-1"]) == ["etcd-1"])
    }

    @Test("a start that UTM refuses with status 0")
    func refusedStart() throws {
        let lab = try UTMLab()
        try lab.flag("refuse-start.lab.etcd-2")
        #expect(
            lab.refusal { try lab.start() }
                == "'lab.etcd-2' is stopped, and not started, after 20 s (it said: Error from event: The operation couldn’t be completed. (OSStatus error -2700.) Could not start: the disk is damaged.). Starting it by hand in UTM shows what is wrong."
        )
        #expect(lab.states["lab.etcd-3"] == "started", "the others are started all the same")
    }

    @Test("a machine that is starting for ever")
    func startsForever() throws {
        let lab = try UTMLab()
        try lab.flag("start-forever")
        #expect(
            lab.refusal { try lab.start(["etcd-1"]) }
                == "'lab.etcd-1' is starting, and not started, after 20 s. Starting it by hand in UTM shows what is wrong."
        )
        #expect(try lab.provider.running(lab.instance)["etcd-1"]?.state == .starting)
        #expect(try lab.start(["etcd-1"]) == [], "it is not told twice")
        #expect(try lab.stop(grace: 2) == ["etcd-1"], "and can be stopped: by killing it")
        #expect(lab.calls.suffix(3) == ["utmctl stop \(first) --kill", "utmctl list", "utmctl list"])
    }

    // MARK: Stop

    @Test("a guest that takes its time")
    func slowStop() throws {
        let lab = try UTMLab()
        try lab.flag("slow-stop", 12)
        try lab.start(["etcd-1"])
        try lab.forgetCalls()
        #expect(try lab.stop() == ["etcd-1"])
        #expect(lab.states == ["lab.etcd-1": "stopped"])
        #expect(lab.calls.filter { $0.contains("stop") } == ["utmctl stop \(first) --request"])
    }

    @Test("a guest that does not hear is asked again, and loses its power when its time is up")
    func ignoredRequest() throws {
        let lab = try UTMLab()
        try lab.flag("ignore-request.lab.etcd-1")
        try lab.start()
        try lab.forgetCalls()
        #expect(try lab.stop(grace: 20) == ["etcd-1", "etcd-2", "etcd-3"])
        #expect(Set(lab.states.values) == ["stopped"])
        #expect(
            lab.calls.filter { $0.contains("stop \(first)") } == [
                "utmctl stop \(first) --request", "utmctl stop \(first) --request", "utmctl stop \(first) --force",
            ])
    }

    @Test("a machine that keeps its power is killed, and one that outlives that is named")
    func ignoredForce() throws {
        let lab = try UTMLab()
        for flag in ["ignore-request", "ignore-force"] { try lab.flag(flag) }
        try lab.start(["etcd-1", "etcd-2"])
        #expect(try lab.stop(grace: 1).count == 2)
        #expect(Set(lab.states.values) == ["stopped"])
        try lab.start(["etcd-1"])
        try lab.flag("ignore-kill")
        #expect(
            lab.refusal { try lab.stop(grace: 1) }
                == "'lab.etcd-1' is still started, although UTM was told to kill it. Stop it in UTM's window, and try again."
        )
    }

    // MARK: Destroy

    @Test("destroy ends what runs, without asking the guests")
    func destroyRunning() throws {
        let lab = try UTMLab()
        try lab.flag("ignore-request")
        try lab.start()
        try lab.forgetCalls()
        try lab.provider.destroy(lab.paths)
        #expect(lab.states == [:])
        #expect(!lab.calls.contains { $0.contains("--request") })
    }

    @Test("a package that somebody removed does not keep UTM from deleting the machine")
    func packageGone() throws {
        let lab = try UTMLab()
        try lab.start(["etcd-1"])
        try FileManager.default.removeItem(atPath: lab.names.package(of: "etcd-1"))
        try lab.provider.destroy(lab.paths)
        #expect(lab.states == [:])
    }

    @Test("a machine that UTM does not delete")
    func refusedDelete() throws {
        let lab = try UTMLab()
        try lab.start(["etcd-1"])
        try lab.flag("refuse-delete")
        #expect(
            lab.refusal { try lab.provider.destroy(lab.paths) }
                == "UTM still lists 'lab.etcd-1' after it was told to delete it (it said: Error from event: The operation couldn’t be completed. (OSStatus error -2700.) You don’t have permission.). Delete it in UTM's window, and try again."
        )
        try lab.unflag("refuse-delete")
        try lab.provider.destroy(lab.paths)
        #expect(lab.states == [:])
    }

    @Test("a machine that was deleted in UTM's window is made anew by the next start")
    func deletedByHand() throws {
        let lab = try UTMLab()
        try lab.start()
        try lab.stop()
        try lab.hand("delete", "lab.etcd-1")
        #expect(try lab.start().count == 3)
        #expect(lab.states.count == 3 && Set(lab.states.values) == ["started"])
    }

    @Test("a start that was killed while a changed configuration was being registered loses no disk")
    func killedWhileWithdrawing() throws {
        let lab = try UTMLab()
        try lab.start(["etcd-1"])
        try lab.stop()
        let disk = lab.names.package(of: "etcd-1") + "/Data/disk.qcow2"
        let own = try Files.read(disk).map { $0 + [1, 2, 3] } ?? []
        try Data(own).write(to: URL(fileURLWithPath: disk))
        let larger = lab.with(try UTMLab.smallPlan(memory: 512))
        try lab.flag("refuse-delete")
        #expect(throws: LaunchError.self) { try lab.start(["etcd-1"], larger) }
        try lab.unflag("refuse-delete")
        #expect(try lab.start(["etcd-1"], larger) == ["etcd-1"])
        #expect(try Files.read(disk)?.starts(with: own) == true)
    }
}
