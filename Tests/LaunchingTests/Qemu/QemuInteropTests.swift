import BundleFormat
import Foundation
import HostSystem
import LaunchingSupport
import TestSupport
import Testing
import Values

@testable import Launching
@testable import Qemu

/// Asks the real QEMU.
@Suite("qemu itself", .serialized, .needsQemu("qemu-system-x86_64", "qemu-img"))
struct QemuInteropTests {
    /// Of this process: the probe remembers.
    private static let probe = QemuProbe(host: .current, runner: ProcessRunner())

    private func lab(_ machines: String...) throws -> QemuLab {
        try QemuLab(machines: machines, host: #require(try Self.probe.report(on: .amd64).host))
    }

    @Test("the probe finds an accelerator whose trial passes")
    func probe() throws {
        let report = try Self.probe.report(on: .amd64)
        let host = try #require(report.host, "\(report.findings)")
        #expect(host.version >= .oldest)
        let trial = QemuTrial(program: host.program, guest: .amd64, runner: ProcessRunner())
        #expect(try trial.run(host.accelerator, sandbox: host.hasSandbox) == .passed)
        #expect(try trial.run(.tcg, sandbox: host.hasSandbox) == .passed)
    }

    @Test("a trial that stands still fails, and so does one that QEMU refuses")
    func failingTrials() throws {
        var trial = QemuTrial(program: "qemu-system-x86_64", guest: .amd64, runner: ProcessRunner())
        // No time at all is what a guest gets that never comes to its end.
        trial.timeLimit = 0
        #expect(try trial.run(.tcg, sandbox: false) == .failed(reason: "a trial guest stood still"))
        trial.timeLimit = 5
        guard case .failed(let reason) = try trial.run(.hvf, sandbox: false) else {
            // On a Mac that has it.
            #expect(Computer.current.system == .macOS)
            return
        }
        #expect(reason.hasPrefix("QEMU did not run a trial guest: "), "\(reason)")
    }

    #if os(Linux)
        /// A host that is a guest itself may have a kvm that interprets every instruction and knows no vector instructions.
        @Test(
            "a kvm without hardware is refused",
            .enabled(if: Self.isParavirtual, "kvm has hardware here, or is not there"))
        func paravirtual() throws {
            let report = try Self.probe.report(on: .amd64)
            #expect(report.host?.accelerator == .tcg)
            guard case .slow(_, .failed(.kvm, let reason))? = report.shortcomings.first else {
                Issue.record("\(report.shortcomings)")
                return
            }
            #expect(reason.contains("trial guest"))
        }

        private static var isParavirtual: Bool {
            FileManager.default.fileExists(atPath: "/dev/kvm")
                && FileManager.default.fileExists(atPath: "/sys/module/kvm_pvm")
        }
    #endif

    @Test("arm64 guests pass their trial too", .needsQemu("qemu-system-aarch64"))
    func arm64() throws {
        let report = try Self.probe.report(on: .arm64)
        let host = try #require(report.host, "\(report.findings)")
        let trial = QemuTrial(program: host.program, guest: .arm64, runner: ProcessRunner())
        #expect(try trial.run(host.accelerator, sandbox: host.hasSandbox) == .passed)
    }

    @Test("the switch takes machines, again after one was killed, and control sockets answer")
    func machines() throws {
        let lab = try lab("a", "b", "c")
        try lab.start(QemuSwitchCommand(names: lab.names, machines: ["a", "b", "c"], host: lab.host).arguments)
        #expect(
            lab.eventually { FileManager.default.fileExists(atPath: "\(lab.directory)/\(QemuNames.network("c"))") },
            "\(lab.log())")
        for machine in ["a", "b"] { try start(machine, in: lab) }
        #expect(try Set(lab.processes().map { $0.machine ?? "(switch)" }) == ["a", "b", "(switch)"], "\(lab.log())")
        for machine in ["a", "b"] { #expect(try state(machine, in: lab) == .running, "\(lab.log())") }
        // Both ends of both cables.
        for machine in ["a", "b"] {
            #expect(
                lab.eventually { Self.connections(lab, machine) == 1 },
                "\(machine) \(Self.connections(lab, machine)): \(lab.log())")
        }

        let killed = try #require(try lab.processes().first { $0.machine == "a" })
        ProcessSignal.kill.send(to: killed.id)
        #expect(try lab.eventually { try !lab.processes().contains { $0.machine == "a" } })
        try start("a", in: lab)
        #expect(try state("a", in: lab) == .running)
        #expect(lab.eventually { Self.connections(lab, "a") == 1 }, "\(lab.log())")

        // The switch as well.
        let hub = try #require(try lab.processes().first { $0.machine == nil })
        ProcessSignal.kill.send(to: hub.id)
        #expect(try lab.eventually { try lab.processes().allSatisfy { $0.machine != nil } })
        try lab.start(QemuSwitchCommand(names: lab.names, machines: ["a", "b", "c"], host: lab.host).arguments)
        for machine in ["a", "b"] {
            #expect(
                lab.eventually { Self.connections(lab, machine) == 1 },
                "\(machine) \(Self.connections(lab, machine)): \(lab.log())")
        }

        for machine in ["a", "b"] {
            var client = try lab.client(machine)
            try client.execute(.stop)
            #expect(try client.state() == .paused)
            try client.execute(.snapshot("one"))
            try client.execute(.resume)
            #expect(try client.state() == .running)
            try client.quit()
        }
        #expect(try lab.eventually { try lab.processes().allSatisfy { $0.machine == nil } })
        let images = QemuImageCommand(program: lab.host.imageProgram)
        let output = try lab.run(images.info(QemuNames.disk("a"), format: .qcow2))
        let info = try QemuImageInfo(parsing: output, image: "disk.qcow2")
        #expect(
            info.snapshots.map(\.name) == ["one"] && info.virtualSize == 1 << 26 && info.backing == "../../images/image"
        )
    }

    @Test("what a machine has for outside is asked for at the switch's gateway, counted, and passed on to nobody")
    func attempts() throws {
        let lab = try lab("etcd-1")
        let root = "/tmp/slipway-\(UUID().uuidString.prefix(8).lowercased())"
        defer { try? FileManager.default.removeItem(atPath: root) }
        let paths = try InstancePaths(name: "lab", root: root)
        try FileManager.default.createDirectory(
            atPath: "\(paths.directory)/\(QemuNames.directory("etcd-1"))", withIntermediateDirectories: true)
        let definition = lab.definition("etcd-1", number: 1)
        try Instance(
            paths: paths,
            record: InstanceRecord(
                cluster: "lab", provider: .qemu, bundleDigest: Digest(hex: String(repeating: "a", count: 64)),
                login: "k8s", baseTree: nil, isSealedOff: true, isComplete: true), plan: lab.plan([definition])
        ).save()
        let hub = QemuSwitchCommand(names: lab.names, machines: ["etcd-1"], hasGateway: true, host: lab.host)
        _ = try ProcessRunner().start(
            ExternalCommand(
                hub.arguments, directory: paths.directory, output: .appended(path: "\(paths.directory)/switch.log")))
        let ends = [QemuNames.gateway, QemuNames.network("etcd-1")].map { "\(paths.directory)/\($0)" }
        #expect(lab.eventually { ends.allSatisfy(FileManager.default.fileExists(atPath:)) })
        let recorder = try Child(starting: [Repository.slipway.path, "record-attempts", "qemu", paths.directory])
        #expect(lab.eventually { AttemptRecorder.isAtWork(paths) }, "\(recorder.printed)")

        let cable = try UnixSocket.connect(to: ends[1], until: .now + .seconds(5))
        func send(_ frame: [UInt8]) throws {
            try cable.send(
                [0, 0, UInt8(frame.count >> 8), UInt8(frame.count & 255)] + frame, until: .now + .seconds(5))
        }
        let sender = definition.mac.octets
        var answer: [UInt8] = []
        for _ in 0..<40 where answer.count < 46 {
            // Until the recorder is plugged in, too, nobody answers.
            try send(Frames.arp("192.168.64.1", sender: sender))
            answer += (try? cable.receive(until: .now + .milliseconds(250))) ?? []
        }
        #expect(answer.prefix(4) == [0, 0, 0, 42] && answer[24..<26] == [0, 2], "\(answer)")
        let card = Array(answer[10..<16])
        try send(Frames.udp("192.0.2.1", 53, Frames.question("home.example"), card: card, sender: sender))
        try send(
            Frames.udp("192.0.2.2", 53, Frames.question("other.example"), card: [2, 0, 0, 0, 0, 9], sender: sender))
        try send(Frames.tcp("192.168.64.21", 2380, flags: 2))
        #expect(lab.eventually { (try? AttemptLog.read(paths))??.total == 1 }, "\(recorder.printed)")
        let kind = try #require(try AttemptLog.read(paths)?.sorted.first?.kind)
        #expect(kind.machine == "etcd-1" && kind.target == "udp 192.0.2.1:53 for home.example" && kind.process == nil)
        try AttemptRecorder.end(paths)
        #expect(lab.eventually { !recorder.isRunning })
        #expect((try? cable.receive(until: .now + .milliseconds(300))) == nil, "nothing is passed on or answered")
    }

    @Test("a port of the loopback leads to the jump host's network, and QEMU refuses what it should")
    func forward() throws {
        let lab = try lab("jump")
        let port = Int.random(in: 20_000..<30_000)
        try start("jump", in: lab, port: port)
        var client = try lab.client("jump")
        #expect(try client.state() == .running)
        #expect(
            throws: QMPError.refused(
                command: "blockdev-snapshot-delete-internal-sync", kind: "GenericError",
                reason: "Snapshot with id 'null' and name 'none' does not exist on device 'disk'")
        ) { try client.execute(.deleteSnapshot("none")) }
        // QEMU itself takes the connection; no guest answers behind it.
        let result = try ProcessRunner().run(
            ExternalCommand(["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/\(port)"], timeLimit: 10))
        #expect(result.status == 0, "\(result.errors)")
        try client.quit()
    }

    @Test("a disk grows and keeps its snapshots")
    func disks() throws {
        let lab = try lab("a")
        try lab.makeDisks("a")
        let (images, disk) = (QemuImageCommand(program: lab.host.imageProgram), QemuNames.disk("a"))
        try lab.run(images.snapshot("one", of: disk))
        try lab.run(images.restore("one", to: disk))
        try lab.run(images.deleteSnapshot("one", of: disk))
        let grow = try #require(images.grow(disk, from: 1 << 26, to: 1 << 27))
        try lab.run(grow)
        let info = try QemuImageInfo(parsing: lab.run(images.info(disk, format: .qcow2)), image: disk)
        #expect(info.virtualSize == 1 << 27 && info.snapshots.isEmpty)
        // The tree as a whole may move.
        try FileManager.default.moveItem(atPath: lab.directory, toPath: lab.directory + "-moved")
        defer { try? FileManager.default.removeItem(atPath: lab.directory + "-moved") }
        let moved = ExternalCommand(["qemu-img", "map", disk], directory: lab.directory + "-moved")
        #expect(try ProcessRunner().run(moved).status == 0)
        let header = try Data(contentsOf: URL(fileURLWithPath: "\(lab.directory)-moved/\(disk)")).prefix(
            QemuImageFormat.headerLength)
        #expect(try QemuImageFormat(header: Array(header), name: disk) == .qcow2)
    }

    private func start(_ machine: String, in lab: QemuLab, port: Int? = nil) throws {
        let definition = lab.definition(machine, number: machine == "a" ? 1 : 2, forwards: port != nil)
        if !FileManager.default.fileExists(atPath: "\(lab.directory)/\(QemuNames.disk(machine))") {
            try lab.makeDisks(machine)
        }
        try lab.start(
            QemuMachineCommand(
                definition, of: lab.plan([definition]), boot: nil, names: lab.names, host: lab.host,
                ports: QemuPorts(ssh: port)
            ).arguments)
        // A killed one has left its socket, where nobody listens.
        #expect(lab.eventually { (try? state(machine, in: lab)) != nil }, "\(lab.log())")
    }

    private func state(_ machine: String, in lab: QemuLab) throws(QMPError) -> VMState {
        var client = try lab.client(machine)
        return try client.state()
    }

    /// How many connections the switch has on a machine's socket, as the kernel lists them.
    private static func connections(_ lab: QemuLab, _ machine: String) -> Int {
        #if os(Linux)
            // Other ways of Foundation to read a file stop at the first page of this one.
            guard let data = try? FileHandle(forReadingAtPath: "/proc/net/unix")?.readToEnd() else { return -1 }
            let table = String(decoding: data, as: UTF8.self)
            // Flags 00010000: listening; state 03: connected.
            return table.split(separator: "\n").filter {
                let fields = $0.split(separator: " ")
                return fields.count > 7 && fields[5] == "03" && fields[7] == QemuNames.network(machine)
            }.count
        #else
            return 1
        #endif
    }
}
