import BundleFormat
import Foundation
import HostSystem
import Synchronization
import TestSupport
import Testing

@testable import Launching
@testable import Nspawn

/// What the provider does in which state, on a host that is made up.
@Suite("nspawn provider")
struct NspawnProviderTests {
    let directory: TemporaryDirectory
    let processes = FakeProcesses()
    let instance: Instance
    let names: NspawnNames

    init() throws {
        directory = try TemporaryDirectory()
        try directory.write("", to: "base/usr/lib/systemd/systemd")
        // The unified hierarchy's mark, and no other.
        try directory.write("", to: "cgroup/cgroup.controllers")
        instance = try Sample.instance(root: directory.path + "/state", baseTree: directory.path + "/base")
        names = NspawnNames(paths: instance.paths)
    }

    private func provider(_ runner: RecordingRunner) -> NspawnProvider {
        NspawnProvider(runner: runner, processes: processes, cgroups: CgroupTree(mount: directory.path + "/cgroup"))
    }

    /// A host on which `ip netns add` and booting work.
    private func workingRunner() -> RecordingRunner {
        RecordingRunner { [processes, names] command in
            switch command.arguments.prefix(3).joined(separator: " ") {
            case "ip netns add":
                processes.state.withLock {
                    $0.networks["/run/netns/\(command.arguments[3])"] = FileIdentity(device: 4, inode: 0)
                }
            case "setsid --fork nsenter":
                for (index, machine) in Sample.plan.machines.enumerated()
                where command.arguments.contains("--hostname=\(machine.name)") {
                    processes.boot(names.networkPath(of: machine.name), supervisor: Int32(100 * (index + 1)))
                }
            default: break
            }
            return CommandResult(status: 0)
        }
    }

    @Test("the first start makes the bridge, then each machine, then looks that all have begun")
    func firstStart() throws {
        let runner = workingRunner()
        #expect(try provider(runner).start(Sample.plan.machines, of: instance) == ["etcd-1", "worker-1"])
        let tag = names.network
        #expect(
            runner.lines.map { $0.hasPrefix("setsid") ? "boot" : $0 } == [
                "ip netns add \(tag)", "ip -n \(tag) -batch -", "ip -n \(tag) -o link show type veth",
                "ip netns add \(tag)-etcd-1", "ip -n \(tag) -batch -", "ip -n \(tag)-etcd-1 -batch -", "boot",
                "ip netns add \(tag)-worker-1", "ip -n \(tag) -batch -", "ip -n \(tag)-worker-1 -batch -", "boot",
            ])
    }

    @Test("a start of what runs does nothing at all")
    func nothingToStart() throws {
        for machine in Sample.plan.machines { processes.boot(names.networkPath(of: machine.name), supervisor: 7) }
        let runner = workingRunner()
        #expect(try provider(runner).start(Sample.plan.machines, of: instance) == [])
        #expect(runner.commands == [])
    }

    @Test("what a killed start left of a machine's network is taken away first")
    func afterKill() throws {
        processes.state.withLock {
            $0.networks[names.networkPath] = FileIdentity(device: 4, inode: 1)
            $0.networks[names.networkPath(of: "etcd-1")] = FileIdentity(device: 4, inode: 2)
        }
        let working = workingRunner()
        let runner = RecordingRunner { command in
            if command.arguments.suffix(2) == ["lan", "up"] { return CommandResult(status: 0, output: "2: lan: <UP>") }
            if command.arguments.last == "veth" { return CommandResult(status: 0, output: "3: vd6b667576a55@if2:") }
            return (try? working.run(command)) ?? CommandResult(status: 1)
        }
        _ = try provider(runner).start([Sample.etcd], of: instance)
        let tag = names.network
        #expect(
            runner.lines.dropLast() == [
                "ip -n \(tag) -o link show lan up", "ip -n \(tag) -o link show type veth",
                "ip netns delete \(tag)-etcd-1", "ip -n \(tag) link delete vd6b667576a55",
                "ip netns add \(tag)-etcd-1", "ip -n \(tag) -batch -", "ip -n \(tag)-etcd-1 -batch -",
            ])
    }

    @Test("a bridge that is not finished is made anew")
    func halfBridge() throws {
        processes.state.withLock { $0.networks[names.networkPath] = FileIdentity(device: 4, inode: 1) }
        let runner = workingRunner()
        _ = try provider(runner).start([Sample.etcd], of: instance)
        #expect(
            runner.lines.prefix(4) == [
                "ip -n \(names.network) -o link show lan up", "ip netns delete \(names.network)",
                "ip netns add \(names.network)", "ip -n \(names.network) -batch -",
            ])
    }

    @Test("a machine that does not begin is named, with the end of its console")
    func doesNotStart() throws {
        try directory.write("one\ntwo\n", to: "state/lab/machines/etcd-1/console.log")
        let provider = provider(RecordingRunner())
        #expect(throws: LaunchError.didNotStart(machine: "etcd-1", console: "one\ntwo")) {
            try provider.start([Sample.etcd], of: instance)
        }
    }

    @Test("a failing command is told with what it said")
    func failingCommand() throws {
        let provider = provider(RecordingRunner { _ in CommandResult(status: 1, errors: "RTNETLINK: no\n") })
        let error = #expect(throws: LaunchError.self) { try provider.start([Sample.etcd], of: instance) }
        #expect(error?.description == "'ip netns add \(names.network)' ended with status 1: RTNETLINK: no")
    }

    @Test("stop asks the supervisor, and afterwards nothing of the machine is left")
    func stop() throws {
        processes.boot(names.networkPath(of: "etcd-1"), supervisor: 100)
        let runner = RecordingRunner()
        #expect(try provider(runner).stop(Sample.plan.machines, of: instance, grace: 5) == ["etcd-1"])
        #expect(processes.signals == ["terminate 100"])
        #expect(runner.lines == ["ip netns delete \(names.network)-etcd-1"])
    }

    @Test("what does not end in time is killed")
    func stopByForce() throws {
        let stubborn = FakeProcesses(isPolite: false)
        stubborn.boot(names.networkPath(of: "etcd-1"), supervisor: 100)
        let provider = NspawnProvider(
            runner: RecordingRunner(), processes: stubborn, cgroups: CgroupTree(mount: directory.path + "/cgroup"))
        _ = try provider.stop([Sample.etcd], of: instance, grace: 1)
        #expect(stubborn.signals == ["terminate 100", "kill 100", "kill 101", "kill 102"])
    }

    @Test(
        "a worker's containers are in directories of the instance, for root alone; snapshots keep them and restore them"
    )
    func dataDirectories() throws {
        _ = try provider(workingRunner()).start([Sample.worker, Sample.etcd], of: instance)
        let files = FileManager.default
        let kept = ["containerd", "kubelet"].map { "\(instance.paths.machine("worker-1"))/\($0)" }
        for path in kept {
            #expect(try files.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o700)
            try "before".write(toFile: "\(path)/file", atomically: true, encoding: .utf8)
        }
        #expect(!files.fileExists(atPath: "\(instance.paths.machine("etcd-1"))/containerd"))

        let real = NspawnProvider(
            runner: ProcessRunner(), processes: processes, cgroups: CgroupTree(mount: directory.path + "/cgroup"))
        try real.takeSnapshot("first", of: instance)
        for path in kept { try "after".write(toFile: "\(path)/file", atomically: true, encoding: .utf8) }
        try real.restoreSnapshot("first", of: instance)
        for path in kept { #expect(try String(contentsOfFile: "\(path)/file", encoding: .utf8) == "before") }
        #expect(try files.attributesOfItem(atPath: kept[0])[.posixPermissions] as? Int == 0o700)
        try real.deleteSnapshot("first", of: instance)
        #expect(!files.fileExists(atPath: names.snapshot("first", of: "worker-1")))
    }

    @Test("a machine is known by its first process; one that is being set up has none yet")
    func running() throws {
        processes.boot(names.networkPath(of: "etcd-1"), supervisor: 100)
        processes.state.withLock {
            let identity = FileIdentity(device: 4, inode: 9)
            $0.networks[names.networkPath(of: "worker-1")] = identity
            $0.processes[identity] = [ProcessEntry(id: 9, parent: 1, name: "unshare")]
        }
        let running = try provider(RecordingRunner()).running(instance)
        #expect(running["etcd-1"] == RunningMachine(name: "etcd-1", state: .running, leader: 101))
        #expect(running["worker-1"] == RunningMachine(name: "worker-1", state: .starting))
    }

    @Test(
        "paths that a mount option cannot hold are refused",
        arguments: ["/state,here", "/state:here", "/state here"])
    func unusablePath(_ root: String) throws {
        let odd = try Sample.instance(root: directory.path + root, baseTree: directory.path + "/base")
        let provider = provider(RecordingRunner())
        #expect(throws: LaunchError.unusablePath(odd.paths.directory)) { try provider.start([Sample.etcd], of: odd) }
    }

    @Test("without a base tree nothing is begun")
    func noBaseTree() throws {
        let none = try Sample.instance(root: directory.path, baseTree: "/nowhere")
        let runner = RecordingRunner()
        let provider = provider(runner)
        #expect(throws: LaunchError.noBaseTree(path: "/nowhere")) { try provider.start([Sample.etcd], of: none) }
        #expect(runner.commands == [])
    }
}
