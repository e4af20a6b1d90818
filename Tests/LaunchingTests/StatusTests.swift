import Archive
import BundleFormat
import Foundation
import HostSystem
import Synchronization
import TestSupport
import Testing
import Values

@testable import Launching

@Suite("status")
struct StatusTests {
    private static let digest = "sha256:" + String(repeating: "b", count: 64)

    @Test("the applier's report is read, and what is new in it is left alone")
    func appliedState() throws {
        let json = """
            {"event":"status","generation":3,"manifest":"\(Self.digest)","run":"ended","pending":true,"later":1,
            "waiting":["vault"],"drift":[{"event":"drift","subject":"/etc/hosts","detail":"changed"}],
            "units":[{"event":"drift","subject":"etcd.service"}]}
            """
        let state = try AppliedState(parsing: Array(json.utf8))
        #expect(state.generation == 3)
        #expect(state.manifest?.description == Self.digest)
        #expect(state.isUnfinished)
        #expect(state.waiting == ["vault"])
        #expect(state.drift.map(\.description) == ["/etc/hosts: changed"])
        #expect(state.units.map(\.description) == ["etcd.service"])
    }

    @Test("before the first run")
    func nothingApplied() throws {
        let state = try AppliedState(parsing: CanonicalJSON.encode(AppliedState(generation: 0, manifest: nil).json))
        #expect(state.generation == 0 && state.manifest == nil && !state.isUnfinished)
    }

    @Test("a machine is green only when all of it is well", arguments: [0, 1, 2, 3, 4, 5, 6, 7])
    func green(_ wrong: Int) throws {
        var status = MachineStatus(Sample.etcd, power: wrong == 1 ? .stopped : .running)
        status.cloudInit = wrong == 2 ? .failed : .done
        status.isCurrent = wrong != 3
        status.failedUnits = wrong == 4 ? ["etcd.service"] : []
        // As the applier writes it.
        let written = AppliedState(
            generation: 1, manifest: try Digest(parsing: Self.digest), run: wrong == 7 ? .interrupted : .ended,
            isPending: wrong == 6,
            drift: wrong == 5 ? [AppliedState.Difference(subject: "/etc/hosts", detail: nil)] : [])
        status.applied = try AppliedState(parsing: CanonicalJSON.encode(written.json))
        // What waits for a payload is no fault.
        status.waiting = ["vault"]
        #expect(status.isGreen == (wrong == 0))
    }

    @Test("a running machine is asked once, in one command")
    func reading() async throws {
        let directory = try TemporaryDirectory()
        let instance = try Sample.instance(root: directory.path + "/state")
        try directory.write("{}", to: "state/lab/machines/etcd-1/seed/slipway/machine.json")
        let runner = RecordingRunner { _ in
            CommandResult(
                status: 0,
                output: """
                    @cloud-init
                    {"v1": {"datasource": "NoCloud", "errors": []}}
                    @units
                    slipway-apply.service loaded activating start Slipway
                    x.service loaded failed failed X
                    @applied
                    {"generation":1,"manifest":"\(Self.digest)","pending":false,"run":"ended"}

                    """)
        }
        let provider = FakeProvider(machine: RunningMachine(name: "etcd-1", state: .running))
        let statuses = try await StatusReader(instance, provider, runner: runner).read(instance.plan.machines)
        #expect(statuses.map(\.power) == [.running, .stopped])
        #expect(statuses[0].cloudInit == .done)
        #expect(statuses[0].applier == "activating" && statuses[0].isApplierAtWork)
        #expect(statuses[0].failedUnits == ["x.service"])
        #expect(statuses[0].applied?.generation == 1)
        #expect(!statuses[0].isCurrent, "the digest is not that of the seed's machine.json")
        #expect(statuses[0].step == "applying")
        #expect(statuses[1].waiting == ["kubelet"])
        // The machine ends it before this host gives up on it.
        #expect(
            runner.commands.map { Array($0.arguments.prefix(6)) }
                == [["enter", "etcd-1", "timeout", "-s", "KILL", "23"]])
        #expect(runner.commands.first?.timeLimit == 25)
    }

    @Test(
        "what a machine answers",
        arguments: [
            ("", MachineStatus.CloudInit.unknown), ("@cloud-init\n", .running),
            ("@cloud-init\n{\"v1\": {\"errors\": []}}\n@units\n", .done),
            ("@cloud-init\ndisabled\n@units\n", .done),
            ("@cloud-init\n{\"v1\": {\"errors\": [\"no\"]}}\n", .failed), ("@cloud-init\nnonsense\n", .failed),
        ])
    func probe(_ output: String, _ state: MachineStatus.CloudInit) {
        let probe = MachineProbe(parsing: output)
        #expect(probe.cloudInit == state)
        #expect(probe.applied == nil)
    }

    @Test("a machine that cannot answer yet is not asked", arguments: [BootStage.booting, .cloudInit, .applying])
    func stages(_ stage: BootStage) async throws {
        let provider = FakeProvider(machine: RunningMachine(name: "etcd-1", state: .running), stage: stage)
        let runner = RecordingRunner()
        let status = try await StatusReader(try Sample.instance(), provider, runner: runner).read([Sample.etcd])
        #expect(status.map(\.step) == [stage.rawValue])
        #expect(runner.commands == [])
    }

    @Test("many machines are asked at a time, and not all of a hundred")
    func atOnce() async throws {
        let asking = Mutex((now: 0, most: 0))
        let runner = RecordingRunner { _ in
            asking.withLock {
                $0.now += 1
                $0.most = max($0.most, $0.now)
            }
            Thread.sleep(forTimeInterval: 0.02)
            asking.withLock { $0.now -= 1 }
            return CommandResult(status: 0, output: "@cloud-init\n")
        }
        let provider = FakeProvider(machine: RunningMachine(name: "etcd-1", state: .running))
        let statuses = try await StatusReader(try Sample.instance(), provider, runner: runner).read(
            Array(repeating: Sample.etcd, count: 100))
        #expect(statuses.count == 100 && statuses.allSatisfy { $0.cloudInit == .running })
        #expect(asking.withLock { $0.most } == StatusReader.width)
    }

    @Test("without a network nobody is asked, and what is known is told")
    func withoutNetwork() async throws {
        var provider = FakeProvider(machine: RunningMachine(name: "etcd-1", state: .running))
        provider.network = ["no switch"]
        let runner = RecordingRunner()
        let status = try await StatusReader(try Sample.instance(), provider, runner: runner).read([Sample.etcd])
        #expect(status.map(\.power) == [.running] && runner.commands == [])
    }

    @Test("a machine that has ended is not waited for")
    func ended() async throws {
        let reader = StatusReader(try Sample.instance(), FakeProvider(machine: nil), runner: RecordingRunner())
        let last = try await Waiter(reader, pause: { _ in }).wait(for: .healthy, of: [Sample.etcd], seconds: 2) { _ in }
        #expect(last.map(\.hasFailed) == [true])
        #expect(last.map(\.step) == ["stopped"])
    }

    @Test("waiting ends when nothing moves, with what hangs and where to look")
    func stalled() async throws {
        let provider = FakeProvider(machine: RunningMachine(name: "etcd-1", state: .running), stage: .booting)
        let waiter = Waiter(StatusReader(try Sample.instance(), provider, runner: RecordingRunner()), pause: { _ in })
        let error = await #expect(throws: LaunchError.self) {
            try await waiter.wait(for: .healthy, of: [Sample.etcd], seconds: 2) {
                #expect($0.map(\.step) == ["booting"])
            }
        }
        #expect(
            error?.description == """
                nothing has moved for 2 s, and 1 of 1 machines is not healthy:
                       etcd-1: waiting: boot: booting
                       Look at: slipway logs lab etcd-1 --console
                """)
    }

    @Test(
        "who looks for long pauses as long, up to a limit: machines that are slow are not kept busy by answering",
        arguments: [(10_000, [4_000, 4_000, 4_000]), (nil, [1_000, 1_000, 1_000, 1_000, 1_000])])
    func pausesAsLongAsItLooks(_ longest: Int?, _ expected: [Int]) async throws {
        let clock = Mutex(ContinuousClock.now)
        let pauses = Mutex<[Int]>([])
        let runner = RecordingRunner { _ in
            clock.withLock { $0 += .seconds(4) }
            return CommandResult(status: 0)
        }
        let provider = FakeProvider(machine: RunningMachine(name: "etcd-1", state: .running))
        let waiter = Waiter(
            StatusReader(try Sample.instance(), provider, runner: runner, longestPause: longest),
            pause: { milliseconds in
                pauses.withLock { $0.append(milliseconds) }
                clock.withLock { $0 += .milliseconds(milliseconds) }
            }, now: { clock.withLock { $0 } })
        await #expect(throws: LaunchError.self) {
            try await waiter.wait(for: .healthy, of: [Sample.etcd], seconds: 20) { _ in }
        }
        #expect(pauses.withLock { $0 } == expected)
    }

    @Test("whoever gets further gives all of them time; who comes and goes does not")
    func progress() async throws {
        let directory = try TemporaryDirectory()
        let instance = try Sample.instance(root: directory.path + "/state")
        try directory.write("{}", to: "state/lab/machines/etcd-1/seed/slipway/machine.json")
        let manifest = Digest(hashing: Array("{}".utf8))
        let looks = Mutex(0)
        @Sendable func answer(_ healthy: Int) -> String {
            let findings = (0..<30).map { HealthReport.Finding("unit-\($0)", $0 < healthy ? .healthy : .sick, "look") }
            let report = HealthReport(identity: nil, findings: findings)
            let applied = AppliedState(generation: 1, manifest: manifest)
            return "@cloud-init\n{\"v1\": {\"errors\": []}}\n@units\n@applied\n"
                + String(decoding: CanonicalJSON.encode(applied.json), as: UTF8.self) + "\n@health\n"
                + String(decoding: CanonicalJSON.encode(report.json), as: UTF8.self) + "\n"
        }
        // One more every third look, up to ten; from then on nine and ten by turns.
        let runner = RecordingRunner { _ in
            let look = looks.withLock { looks in
                looks += 1
                return looks
            }
            return CommandResult(status: 0, output: answer(look <= 30 ? look / 3 : 9 + look % 2))
        }
        let provider = FakeProvider(machine: RunningMachine(name: "etcd-1", state: .running))
        let start = ContinuousClock.now
        let waiter = Waiter(StatusReader(instance, provider, runner: runner), pause: { _ in }, now: { start })
        let error = await #expect(throws: LaunchError.self) {
            try await waiter.wait(for: .healthy, of: [Sample.etcd], seconds: 2) { _ in }
        }
        #expect(error?.description.contains("etcd-1: sick: unit-") == true, "\(String(describing: error))")
        #expect((33...36).contains(looks.withLock { $0 }))
    }
}
