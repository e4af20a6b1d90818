import BundleFormat
import Foundation
import HostSystem
import Synchronization
import TestSupport
import Testing
import Values

@testable import Launching
@testable import Nspawn
@testable import Qemu

/// What counts as an attempt to leave, how it is counted, and what is said of it.
@Suite("attempts to leave")
struct AttemptTests {
    private static let card: [UInt8] = [0xD6, 0xB6, 0x67, 0x57, 0x6A, 0x55]
    private static let gatewayCard: [UInt8] = [2, 0, 0, 0, 0, 1]

    private func read(_ frame: [UInt8]) -> Frame? {
        Frame(leaving: frame, subnet: Sample.plan.subnet, gateway: Sample.plan.gateway)
    }

    // MARK: Frames

    @Test(
        "what leaves is read, with ports and the name that is asked for",
        arguments: [
            (Frames.udp("192.0.2.1", 53, Frames.question("www.Example.org")), "udp 192.0.2.1:53 www.Example.org"),
            (Frames.udp("192.0.2.1", 123, []), "udp 192.0.2.1:123 -"),
            (Frames.tcp("192.0.2.1", 443, flags: 0x02), "tcp 192.0.2.1:443 -"),
            (Frames.tcp("192.0.2.1", 443, flags: 0x10), "tcp 192.0.2.1:443 -"),
            (Frames.ip("192.0.2.1", 1, [8, 0, 0, 0]), "icmp 192.0.2.1:- -"),
            (Frames.ip("192.0.2.1", 47, [0, 0, 8, 0]), "ip-47 192.0.2.1:- -"),
            // To the gateway's own address: what begins something.
            (Frames.udp("192.168.64.1", 53, Frames.question("a.example")), "udp 192.168.64.1:53 a.example"),
            (Frames.tcp("192.168.64.1", 80, flags: 0x02), "tcp 192.168.64.1:80 -"),
            (
                Frames.ipv6([0x2001, 0xDB8, 0, 0, 0, 0, 0, 1], 17, [0, 9, 0, 53, 0, 8, 0, 0]),
                "udp 2001:db8:0:0:0:0:0:1:53 -"
            ),
            // A piece of a larger packet has no ports.
            (Frames.ip("192.0.2.1", 17, [1, 2, 3, 4], fragment: 185), "udp 192.0.2.1:- -"),
        ])
    func leaving(_ frame: [UInt8], _ expected: String) throws {
        let found = try #require(read(frame))
        #expect(found.source.octets == Self.card)
        let port = found.port.map { "\($0)" } ?? "-"
        #expect("\(found.transport) \(found.destination):\(port) \(found.name ?? "-")" == expected)
    }

    @Test(
        "what stays on the wire, or is an answer, is none",
        arguments: [
            Frames.udp("192.168.64.21", 53, Frames.question("a")), Frames.tcp("192.168.64.1", 40_000, flags: 0x12),
            Frames.tcp("192.168.64.1", 40_000, flags: 0x18), Frames.ip("192.168.64.1", 1, [0, 0, 0, 0]),
            Frames.udp("224.0.0.251", 5353, []), Frames.udp("255.255.255.255", 67, []),
            Frames.udp("169.254.1.1", 80, []),
            Frames.udp("192.0.2.1", 53, [], card: [1, 0, 0x5E, 0, 0, 0xFB]),
            Frames.ipv6([0xFE80, 0, 0, 0, 0, 0, 0, 1], 58, []),
            Frames.ipv6([0xFF02, 0, 0, 0, 0, 0, 0, 2], 58, []), Frames.arp("192.168.64.1"),
        ])
    func staying(_ frame: [UInt8]) { #expect(read(frame) == nil) }

    @Test(
        "frames of every length and with every byte changed are read within their bounds, and names have no odd characters"
    )
    func hostile() {
        for frame in [
            Frames.udp("192.0.2.1", 53, Frames.question("a.b")), Frames.tcp("192.168.64.1", 1, flags: 2),
            Frames.ipv6([0x2001, 0, 0, 0, 0, 0, 0, 1], 17, Frames.question("a.b")),
        ] {
            for length in 0...frame.count { _ = read(Array(frame.prefix(length))) }
            for place in frame.indices {
                for value in [0, 1, 0x0F, 0x3F, 0x7F, 0xC0, 0xFF] as [UInt8] {
                    var changed = frame
                    changed[place] = value
                    _ = read(changed)
                    _ = Frame.answer(to: changed, gateway: Sample.plan.gateway, card: Sample.etcd.mac)
                }
            }
        }
        let odd = Frames.question("<b>\u{1B}[2J.example")
        #expect(read(Frames.udp("192.0.2.1", 53, odd))?.name == "?b???2J.example")
        // A name that leads to itself, and one without an end.
        #expect(read(Frames.udp("192.0.2.1", 53, Array(odd.prefix(12)) + [0xC0, 12, 0, 1, 0, 1]))?.name == nil)
        #expect(read(Frames.udp("192.0.2.1", 53, Array(odd.prefix(14))))?.name == nil)
    }

    @Test("a question for the gateway's card is answered, and no other") func answers() throws {
        let card = try #require(MACAddress("02:00:00:00:00:01"))
        let answer = try #require(
            Frame.answer(to: Frames.arp("192.168.64.1"), gateway: Sample.plan.gateway, card: card))
        #expect(
            answer.starts(
                with: Self.card + card.octets + [8, 6, 0, 1, 8, 0, 6, 4, 0, 2] + card.octets + [192, 168, 64, 1]))
        #expect(answer.suffix(10) == Self.card[...] + [192, 168, 64, 21])
        for other in [Frames.arp("192.168.64.2"), Frames.udp("192.0.2.1", 1, []), []] {
            #expect(Frame.answer(to: other, gateway: Sample.plan.gateway, card: card) == nil)
        }
    }

    // MARK: Counting

    @Test("the recorder counts by machine, destination, name and process, and ends when the instance does")
    func recorder() throws {
        let directory = try TemporaryDirectory()
        let instance = try sealed(in: directory)
        let source = ScriptedFrames([
            Frames.udp("192.0.2.1", 53, Frames.question("time.example")),
            Frames.udp("192.0.2.1", 53, Frames.question("time.example")),
            Frames.tcp("192.0.2.9", 443, flags: 2), Frames.udp("192.168.64.41", 53, []),
            Frames.udp("192.0.2.1", 53, [], sender: [2, 9, 9, 9, 9, 9]),
        ]) { try? FileManager.default.removeItem(atPath: "\(instance.paths.directory)/attempts.lock") }
        try AttemptRecorder(instance.paths, source, now: ticking()).run()
        let log = try #require(try AttemptLog.read(instance.paths))
        #expect(log.total == 4 && log.lost == 3 && !log.isWhole)
        let texts = log.sorted.map {
            "\($0.kind.machine ?? "?") \($0.count.packets) \($0.kind.target) \($0.kind.process?.text ?? "")"
        }
        #expect(
            texts == [
                "etcd-1 2 udp 192.0.2.1:53 for time.example curl, uid 7, call.service",
                "? 1 udp 192.0.2.1:53 ", "etcd-1 1 tcp 192.0.2.9:443 curl, uid 7, call.service",
            ])
        #expect(!AttemptRecorder.isAtWork(instance.paths))
        let state = try SealedOff.look(instance)
        #expect(state.sentence.hasPrefix("sealed off: 4 attempts to leave since 1970-01-01T"), "\(state.sentence)")
        #expect(
            state.doubts.count == 2 && state.doubts[0] == "3 packets came too fast to be looked at", "\(state.doubts)")
        #expect(
            state.examples[0] == "attempt: etcd-1: 2 × udp 192.0.2.1:53 for time.example (curl, uid 7, call.service)")
    }

    @Test("a recorder that begins again says from when to when nobody counted") func gap() throws {
        let directory = try TemporaryDirectory()
        let instance = try sealed(in: directory)
        for _ in 0..<2 {
            let source = ScriptedFrames([Frames.udp("192.0.2.1", 9, [])]) {
                try? FileManager.default.removeItem(atPath: "\(instance.paths.directory)/attempts.lock")
            }
            let later = try AttemptLog.read(instance.paths).map { $0.until.secondsSince1970 + 60 } ?? 0
            try AttemptRecorder(instance.paths, source, now: ticking(from: later)).run()
        }
        let log = try #require(try AttemptLog.read(instance.paths))
        #expect(log.gaps.count == 1 && log.gaps[0].from < log.gaps[0].to)
        #expect(log.counts.values.map(\.packets) == [2])
        #expect(try AttemptLog(parsing: CanonicalJSON.encode(log.json)) == log)
    }

    @Test("what is beyond the limit of kinds is counted together") func limit() {
        var log = AttemptLog(since: Timestamp(secondsSince1970: 0))
        for number in 0..<2500 {
            log.count(
                .init(machine: "a", destination: "\(number)", transport: "udp", port: 1, name: nil, process: nil),
                at: Timestamp(secondsSince1970: 1))
        }
        #expect(log.total == 2500 && log.counts.count == 2000 && log.uncounted == 500)
    }

    private func sealed(in directory: TemporaryDirectory) throws -> Instance {
        let root = directory.path + "/state"
        let paths = try InstancePaths(name: "lab", root: root)
        let record = InstanceRecord(
            cluster: "lab", provider: .nspawn, bundleDigest: UpSample.digest("a"), login: "k8s", baseTree: "/base",
            isSealedOff: true, isComplete: true)
        let instance = Instance(paths: paths, record: record, plan: Sample.plan)
        try FileManager.default.createDirectory(atPath: paths.directory, withIntermediateDirectories: true)
        try instance.save()
        #expect(try Instance.open(paths).record.isSealedOff)
        return instance
    }

    private func ticking(from start: Int64 = 0) -> () -> Timestamp {
        let time = Mutex(start)
        return {
            time.withLock { time in
                time += 1
                return Timestamp(secondsSince1970: time)
            }
        }
    }

    // MARK: The network

    @Test("an interface that is no cable is a way out; what a kernel makes in every namespace, and is down, is none")
    func strangers() {
        let links = """
            1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN mode DEFAULT
            2: tunl0@NONE: <NOARP> mtu 1480 qdisc noop state DOWN mode DEFAULT
            3: lan: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP mode DEFAULT
            4: vd6b667576a55@if2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue master lan state UP mode DEFAULT

            """
        #expect(NspawnNetwork.strangers(in: links) == [])
        let more =
            links + "5: veth0@if9: <BROADCAST,UP,LOWER_UP> mtu 1500 qdisc noqueue master lan state UP mode DEFAULT\n"
        #expect(NspawnNetwork.strangers(in: more) == ["veth0"])
    }

    @Test("a sealed-off start that finds a way out starts nothing") func refusesWaysOut() throws {
        let directory = try TemporaryDirectory()
        try directory.write("", to: "base/usr/lib/systemd/systemd")
        let instance = try sealed(in: directory)
        let sealed = Instance(
            paths: instance.paths,
            record: InstanceRecord(
                cluster: "lab", provider: .nspawn, bundleDigest: UpSample.digest("a"), login: "k8s",
                baseTree: directory.path + "/base", isSealedOff: true, isComplete: true), plan: Sample.plan)
        let runner = RecordingRunner { command in
            CommandResult(
                status: 0, output: command.arguments.suffix(3) == ["route", "show", "default"] ? "default via x" : "")
        }
        let processes = FakeProcesses()
        let place = NspawnNames(paths: sealed.paths).networkPath
        processes.state.withLock { $0.networks[place] = FileIdentity(device: 4, inode: 1) }
        let provider = NspawnProvider(
            runner: runner, processes: processes, cgroups: CgroupTree(mount: directory.path + "/cgroup"))
        let error = #expect(throws: LaunchError.self) { try provider.start(Sample.plan.machines, of: sealed) }
        #expect(error.map { "\($0)" }?.contains("has a route to the outside") == true, "\(String(describing: error))")
        #expect(!runner.lines.contains { $0.hasPrefix("setsid") || $0.contains("record-attempts") })
    }

    @Test("UTM is refused with the reason, and so is an instance that was not sealed off from its start")
    func refusals() throws {
        var goal = UpSample().goal()
        goal.sealsOff = true
        goal.obstacleToSealing = "under utm nobody sees every packet"
        #expect(throws: LaunchError.cannotSealOff("under utm nobody sees every packet")) {
            try goal.steps(from: UpSample.nothing)
        }
        goal.obstacleToSealing = nil
        var state = UpSample.nothing
        state.present = UpSample().goal().recorded(in: state)
        #expect(throws: LaunchError.notSealedOffFromTheStart(instance: "lab")) { try goal.steps(from: state) }
        #expect(goal.recorded(in: UpSample.nothing).record.isSealedOff)
    }
}

/// Frames one after the other, each of a process; then `last` once, and nothing.
private final class ScriptedFrames: FrameSource {
    private let frames: Mutex<[[UInt8]]>
    private let last: @Sendable () -> Void
    private let lost = Mutex<Int64>(3)
    let card: MACAddress? = nil
    let isThere = true

    init(_ frames: [[UInt8]], last: @escaping @Sendable () -> Void) {
        self.frames = Mutex(frames)
        self.last = last
    }

    func next() -> [UInt8]? {
        let frame = frames.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        if frame == nil { last() }
        return frame
    }

    func answer(_ frame: [UInt8]) {}
    func takeLost() -> Int64 {
        lost.withLock { lost in
            defer { lost = 0 }
            return lost
        }
    }
    func sender(of frame: Frame, machine: String) -> AttemptLog.Sender? {
        AttemptLog.Sender(program: "curl", unit: "call.service", account: 7)
    }
}

/// Frames as machines send them.
enum Frames {
    static func ip(
        _ destination: String, _ transport: UInt8, _ payload: [UInt8], fragment: UInt16 = 0,
        card: [UInt8] = [2, 0, 0, 0, 0, 1], sender: [UInt8] = [0xD6, 0xB6, 0x67, 0x57, 0x6A, 0x55]
    ) -> [UInt8] {
        let address = IPv4Address(destination)?.octets ?? []
        let length = UInt16(20 + payload.count)
        return card + sender + [8, 0, 0x45, 0, UInt8(length >> 8), UInt8(length & 255), 0, 0]
            + [UInt8(fragment >> 8), UInt8(fragment & 255), 64, transport, 0, 0, 192, 168, 64, 21] + address + payload
    }

    static func udp(
        _ destination: String, _ port: UInt16, _ payload: [UInt8], card: [UInt8] = [2, 0, 0, 0, 0, 1],
        sender: [UInt8] = [0xD6, 0xB6, 0x67, 0x57, 0x6A, 0x55]
    ) -> [UInt8] {
        let head: [UInt8] = [0x9C, 0x40, UInt8(port >> 8), UInt8(port & 255), 0, 0, 0, 0]
        return ip(destination, 17, head + payload, card: card, sender: sender)
    }

    static func tcp(_ destination: String, _ port: UInt16, flags: UInt8) -> [UInt8] {
        ip(
            destination, 6,
            [0x9C, 0x40, UInt8(port >> 8), UInt8(port & 255)] + [UInt8](repeating: 0, count: 8) + [0x50, flags]
                + [UInt8](repeating: 0, count: 6))
    }

    static func ipv6(_ groups: [UInt16], _ next: UInt8, _ payload: [UInt8]) -> [UInt8] {
        [
            2, 0, 0, 0, 0, 1, 0xD6, 0xB6, 0x67, 0x57, 0x6A, 0x55, 0x86, 0xDD, 0x60, 0, 0, 0, 0, UInt8(payload.count),
            next, 64,
        ]
            + [UInt8](repeating: 0xFD, count: 16) + groups.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] } + payload
    }

    static func arp(
        _ wanted: String, sender card: [UInt8] = [0xD6, 0xB6, 0x67, 0x57, 0x6A, 0x55]
    ) -> [UInt8] {
        return [UInt8](repeating: 0xFF, count: 6) + card + [8, 6, 0, 1, 8, 0, 6, 4, 0, 1] + card + [192, 168, 64, 21]
            + [UInt8](repeating: 0, count: 6) + (IPv4Address(wanted)?.octets ?? [])
    }

    static func question(_ name: String) -> [UInt8] {
        let labels = name.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        return [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0] + labels + [0, 0, 1, 0, 1]
    }
}
