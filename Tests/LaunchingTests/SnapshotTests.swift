import BundleFormat
import Foundation
import HostSystem
import TestSupport
import Testing
import Values

@testable import Launching

@Suite("snapshots")
struct SnapshotTests {
    let directory: TemporaryDirectory
    let paths: InstancePaths

    init() throws {
        directory = try TemporaryDirectory()
        let instance = try Sample.instance(root: directory.path)
        paths = instance.paths
        try Files.makeDirectory(paths.directory)
        try instance.save()
    }

    private func launcher(_ asked: Asked) -> Launcher {
        let machine = RunningMachine(name: "etcd-1", state: .running)
        return Launcher(paths, FakeProvider(machine: machine, asked: asked))
    }

    @Test("taken, listed, restored with the machines stopped meanwhile, deleted")
    func cycle() throws {
        let asked = Asked()
        let taken = try launcher(asked).takeSnapshot("first", at: "2026-11-22T00:00:00Z")
        #expect(taken.isComplete)
        #expect(try Launcher.snapshots(of: Instance.open(paths)) == [taken])
        #expect(try launcher(asked).restoreSnapshot("first", grace: 5) == ["etcd-1"])
        try launcher(asked).deleteSnapshot("first")
        #expect(try Launcher.snapshots(of: Instance.open(paths)) == [])
        // Two machines that do not wait for each other.
        #expect(asked.steps[1...2].sorted() == ["stop etcd-1", "stop worker-1"])
        #expect(
            asked.steps.filter { !$0.hasPrefix("stop") } == [
                "take first", "restore first", "start etcd-1", "delete first",
            ])
    }

    @Test(
        "stop: control planes end before etcd, whose members go one by one; nobody waits for the others; and the names come back in the plan's order"
    )
    func stopOrder() throws {
        let roles: [(String, Role)] = [
            ("etcd-1", .etcd), ("master-1", .controlPlane), ("vault", .vault), ("haproxy", .loadBalancer),
            ("worker-1", .worker), ("jump", .jump), ("master-2", .controlPlane),
            ("etcd-2", .etcd),
        ]
        let machines = roles.enumerated().map { Sample.machine($1.0, $1.1, $0) }
        #expect(
            StopOrder.lanes(machines).map { $0.map { $0.map(\.name) } } == [
                [["master-1", "master-2"], ["etcd-1"], ["etcd-2"]], [["vault", "haproxy", "worker-1", "jump"]],
            ])
        let each = Role.allCases.enumerated().map { Sample.machine("m", $1, $0) }
        #expect(Set(StopOrder.lanes(each).joined().joined().map(\.role)).count == Role.allCases.count)
        #expect(StopOrder.lanes([]) == [])
        let asked = Asked()
        #expect(try launcher(asked).stop([], grace: 5) == ["etcd-1"])
        #expect(asked.steps.sorted() == ["stop etcd-1", "stop worker-1"])
    }

    @Test("one that failed leaves nothing, neither on the list nor in the disks")
    func failed() throws {
        let asked = Asked(failing: ["take first"])
        #expect(throws: LaunchError.self) { try launcher(asked).takeSnapshot("first", at: "") }
        #expect(try Launcher.snapshots(of: Instance.open(paths)) == [])
        #expect(asked.steps == ["take first", "delete first"])
    }

    @Test("one that was killed is cleared away by the next command")
    func killed() throws {
        var list = SnapshotList()
        let digest = try Instance.open(paths).record.bundleDigest
        list.snapshots = [Snapshot(name: "dead", bundleDigest: digest, taken: "", isComplete: false)]
        try list.save(paths)
        #expect(try Launcher.snapshots(of: Instance.open(paths)) == [])
        let asked = Asked()
        _ = try launcher(asked).takeSnapshot("dead", at: "")
        #expect(asked.steps == ["delete dead", "take dead"])
    }

    @Test("a restore that was cut short forbids to start, and is finished by another call")
    func unfinishedRestore() throws {
        _ = try launcher(Asked()).takeSnapshot("first", at: "")
        #expect(throws: LaunchError.self) {
            try launcher(Asked(failing: ["restore first"])).restoreSnapshot("first", grace: 0)
        }
        let refusal = LaunchError.unfinishedRestore(name: "first", instance: "lab")
        #expect(throws: refusal) { try launcher(Asked()).start([]) }
        #expect(throws: refusal) { try launcher(Asked()).takeSnapshot("second", at: "") }
        #expect(throws: refusal) { try launcher(Asked()).deleteSnapshot("first") }
        _ = try launcher(Asked()).restoreSnapshot("first", grace: 0)
        _ = try launcher(Asked()).start([])
    }

    @Test("what cannot be: no such snapshot, a name that is taken, a name that is none, another bundle's")
    func refusals() throws {
        let launcher = launcher(Asked())
        #expect(throws: LaunchError.noSnapshot(name: "x", instance: "lab", known: [])) {
            try launcher.restoreSnapshot("x", grace: 0)
        }
        #expect(throws: LaunchError.badSnapshotName("../x")) { try launcher.takeSnapshot("../x", at: "") }
        _ = try launcher.takeSnapshot("first", at: "")
        #expect(throws: LaunchError.snapshotExists(name: "first", instance: "lab")) {
            try launcher.takeSnapshot("first", at: "")
        }
        var list = try SnapshotList.read(paths)
        let other = try Digest(hex: String(repeating: "b", count: 64))
        list.snapshots = [Snapshot(name: "first", bundleDigest: other, taken: "", isComplete: true)]
        try list.save(paths)
        #expect(throws: LaunchError.snapshotOfAnotherBundle(name: "first", bundle: "\(other)", instance: "lab")) {
            try launcher.restoreSnapshot("first", grace: 0)
        }
    }

    @Test(
        "a list that this slipway cannot read", arguments: ["{", #"{"version":2}"#, #"{"version":1,"snapshots":[{}]}"#])
    func damaged(_ text: String) throws {
        try directory.write(text, to: "lab/snapshots.json")
        #expect(throws: LaunchError.self) { try launcher(Asked()).start([]) }
    }
}
