import BundleFormat
import Foundation
import TestSupport
import Testing
import TopologySpec
import Values

@testable import Drills
@testable import slipway

/// What is concluded from what was seen: each bad thing alone makes the verdict bad, and is named.
@Suite("verdicts of drills")
struct VerdictTests {
    /// Writes every 200 ms but between two moments; the fault from 2000 to 7000.
    private static func evidence(
        silent: ClosedRange<Double> = 2000...3500, leaderless: ClosedRange<Double> = 2000...3400,
        healthyAt: Double? = 9000, ledger: (lost: [Int], half: [Int])? = ([], []), saw: Bool? = nil,
        missed: Int? = nil, sight: Evidence.Sight = .init(),
        asks: [Observations.Ask] = [],
        operations: [RegisterOperation] = [
            .init(client: 0, register: 0, kind: .write(1), began: 0, ended: 1)
        ]
    ) -> Evidence {
        var seen = Observations()
        for number in 0..<50 {
            let time = Double(number) * 200
            seen.writes.append(
                .init(number: number, began: time, ended: time + 5, isAcknowledged: !silent.contains(time)))
            for (index, machine) in ["etcd-1", "etcd-2", "etcd-3"].enumerated() {
                let leader: UInt64 = time <= leaderless.upperBound ? 1 : 2
                let isGone = index == 0 && time > leaderless.lowerBound && time < 6000
                seen.looks.append(
                    .init(
                        machine: machine, at: time + Double(index), member: isGone ? nil : UInt64(index + 1),
                        leader: leader, term: leader))
            }
        }
        seen.reads = [.init(ended: 100, isAnswered: true, missed: missed)]
        seen.operations = operations
        seen.asks = asks
        var sight = sight
        sight.checkSawIt = saw
        return Evidence(
            observations: seen, brokenAt: 2000, healedAt: 7000, healthyAt: healthyAt, endedAt: 10_000, members: 3,
            ledger: ledger, complaints: ["etcd-1: etcd.service: failed"], sight: sight)
    }

    private static func asks(silent: ClosedRange<Double>) -> [Observations.Ask] {
        (0..<50).map { number in
            let time = Double(number) * 200
            return .init(began: time, ended: time + 5, isAnswered: !silent.contains(time))
        }
    }

    private static func sight(_ change: (inout Evidence.Sight) -> Void) -> Evidence.Sight {
        var sight = Evidence.Sight()
        change(&sight)
        return sight
    }

    @Test("what was written after a snapshot may be gone with it, and what was read of it then says nothing")
    func snapshot() {
        let history = [
            RegisterOperation(client: 0, register: 0, kind: .write(1), began: 0, ended: 1),
            RegisterOperation(client: 0, register: 0, kind: .write(2), began: 4100, ended: 4200),
            RegisterOperation(client: 1, register: 0, kind: .read(2), began: 4300, ended: 4400),
            RegisterOperation(client: 1, register: 0, kind: .read(1), began: 8000, ended: 8100),
        ]
        let restored = Self.sight { $0.snapshotAt = 4000 }
        let good = Self.evidence(ledger: ([25, 30], []), sight: restored, operations: history)
        #expect(good.verdict(Self.expectations()).isGood, "\(good.verdict(Self.expectations()))")
        #expect(!Self.evidence(operations: history).verdict(Self.expectations()).isGood)
    }

    @Test("the same seed makes the same sequence, another one another; every sequence is of etcd alone")
    func sequences() {
        func text(_ seed: UInt64, freezes: Bool = true) -> String {
            let sequence = DrillSequence.random(seed: seed, freezes: freezes)
            return sequence.steps.map { "\($0.drill.fault) \($0.drill.target) \($0.drill.duration) \($0.pause)" }
                .joined(separator: "; ")
        }
        #expect(text(7) == text(7))
        #expect(Set((0..<200).map { text($0) }).count > 190)
        for seed in 0..<200 as Range<UInt64> {
            let sequence = DrillSequence.random(seed: seed, freezes: false)
            #expect((2...4).contains(sequence.steps.count) && !text(seed, freezes: false).contains("freeze"))
            #expect(sequence.steps.allSatisfy { "\($0.drill.target)".hasSuffix("etcd") })
        }
    }

    private static func expectations(
        _ change: (inout Drill.Expectations) -> Void = { _ in }
    ) -> Drill.Expectations {
        var expectations = Drill.Expectations(healthyWithin: 5000)
        expectations.unavailableAtMost = 2000
        expectations.leaderWithin = 2000
        change(&expectations)
        return expectations
    }

    @Test("what went as expected is good")
    func good() {
        let evidence = Self.evidence()
        let verdict = evidence.verdict(Self.expectations())
        #expect(verdict.isGood, "\(verdict)")
        #expect(evidence.longestGap.to - evidence.longestGap.from == 1800)
        // A dead leader that others still follow for a while is none.
        let gap = evidence.longestWithoutLeader
        #expect(gap.from <= 2002 && gap.to >= 3600, "\(gap)")
    }

    @Test("a gap that began before the fault and is not over counts; one that was over does not")
    func gaps() {
        #expect(Self.evidence(silent: 0...1700).longestGap.to - Self.evidence(silent: 0...1700).longestGap.from == 200)
        let open = Self.evidence(silent: 4000...20_000).longestGap
        #expect(open.from == 3805 && open.to == 10_000, "until the end of the watch: \(open)")
    }

    @Test("each thing that went wrong makes it bad alone")
    func bad() {
        let stale = [
            RegisterOperation(client: 0, register: 0, kind: .write(1), began: 0, ended: 1),
            RegisterOperation(client: 1, register: 0, kind: .read(nil), began: 2, ended: 3),
        ]
        let cases: [(Evidence, Drill.Expectations, String)] = [
            (Self.evidence(silent: 2000...4200), Self.expectations(), "without an acknowledged write"),
            (
                Self.evidence(), Self.expectations { $0.unavailableAtLeast = 3000 },
                "nothing acknowledged for at least 3.0 s"
            ),
            (Self.evidence(leaderless: 2000...4600), Self.expectations(), "without a leader"),
            (Self.evidence(healthyAt: nil), Self.expectations(), "etcd-1: etcd.service: failed"),
            (Self.evidence(healthyAt: 12_100), Self.expectations(), "healthy 5.0 s after"),
            (Self.evidence(ledger: ([4, 7], [])), Self.expectations(), "2 of 42 acknowledged writes are lost"),
            (Self.evidence(ledger: ([], [9])), Self.expectations(), "1 others are there by half"),
            (Self.evidence(ledger: nil), Self.expectations(), "nobody could read the ledger"),
            (Self.evidence(missed: 3), Self.expectations(), "1 of 42 acknowledged writes are lost"),
            (Self.evidence(operations: stale), Self.expectations(), "none explains client 2"),
            (Self.evidence(operations: []), Self.expectations(), "0 operations"),
            (
                Self.evidence(asks: Self.asks(silent: 3000...5400)), Self.expectations { $0.apiSilentAtMost = 2000 },
                "without an answer of the API"
            ),
            (
                Self.evidence(asks: Self.asks(silent: 3000...4000)), Self.expectations { $0.apiSilentAtLeast = 2000 },
                "no answer of the API for at least 2.0 s"
            ),
            (Self.evidence(), Self.expectations { $0.apiSilentAtMost = 2000 }, "without an answer of the API"),
            (
                Self.evidence(sight: Self.sight { $0.hit = ["vault"] }), Self.expectations { $0.statusSeesIt = true },
                "nothing of vault"
            ),
            (
                Self.evidence(sight: Self.sight { $0.podsLeft = ["web"] }), Self.expectations { $0.podsMove = true },
                "left: web"
            ),
            (Self.evidence(), Self.expectations { $0.podsMove = true }, "nobody looked"),
            (
                Self.evidence(ledger: ([4, 30], []), sight: Self.sight { $0.snapshotAt = 4000 }), Self.expectations(),
                "1 of 26 acknowledged writes are lost"
            ),
            (Self.evidence(saw: false), Self.expectations { $0.checkSeesIt = true }, "it said nothing of it"),
        ]
        for (evidence, expectations, text) in cases {
            let bad = evidence.verdict(expectations).lines.filter { !$0.isGood }
            #expect(bad.count == 1, "\(text): \(bad)")
            #expect(bad.contains { $0.expected.contains(text) || $0.seen.contains(text) }, "\(text): \(bad)")
        }
    }

    @Test("what has to be healed is read as it was written; a record from elsewhere is not believed")
    func records() throws {
        let record = DrillRecord(
            drill: "test",
            undo: [
                .startUnit(machine: "etcd-1", unit: "etcd.service"), .continueUnit(machine: "a", unit: "etcd.service"),
                .thaw(machine: "a"), .powerOn(machine: "b"),
                .reach(machine: "a", addresses: [try #require(IPv4Address("192.168.64.1"))]),
                .loseNothing(machine: "a"),
                .restoreFile(machine: "a", path: "/etc/etcd/etcd.conf.yml"),
                .restartUnit(machine: "a", unit: "etcd.service"), .makeRoom(machine: "a", directory: "/run"),
                .endUnit(machine: "a", unit: "slipway-drill.service"), .knowNames(machine: "a"),
                .setClockBack(machine: "a"), .unseal(machine: "a"), .uncordon(machine: "jump", node: "worker-1"),
                .keepData(machine: "a"), .takeRestored(machine: "a"),
            ])
        #expect(try DrillRecord(parsing: CanonicalJSON.encode(record.json)) == record)
        for text in [
            "", "{}", #"{"version":2,"drill":"a","undo":[]}"#,
            #"{"version":1,"drill":"a","undo":[{"kind":"thaw","machine":"../a"}]}"#,
            #"{"version":1,"drill":"a","undo":[{"kind":"restoreFile","machine":"a","path":"/etc/../root"}]}"#,
            #"{"version":1,"drill":"a","undo":[{"kind":"startUnit","machine":"a","unit":"x; reboot"}]}"#,
        ] {
            #expect(throws: FormatError.self) { try DrillRecord(parsing: Array(text.utf8)) }
        }
    }

    @Test(
        "the page is one file without scripts, shows each lane, and nothing of a text becomes markup", .needs("python3")
    )
    func page() throws {
        let drill = Drill(
            name: "test", title: "<script>alert(1)</script>", fault: .freeze, target: .leader, duration: 5000,
            expectations: Self.expectations(), why: "Because & so.")
        let report = DrillReport(
            drill: drill, instance: "lab", provider: "nspawn", sentence: "frozen: etcd-1", hit: ["etcd-1"],
            members: ["etcd-1", "etcd-2", "etcd-3"], moments: [.init(at: 2000, text: "frozen: etcd-1")],
            logs: [.init(machine: "etcd-1", text: "<b>lost</b> leader")],
            evidence: Self.evidence(asks: Self.asks(silent: 3000...4000)))
        let page = DrillPage.text(report)
        #expect(!page.contains("<script") && page.contains("&lt;script&gt;") && page.contains("Because &amp; so."))
        for text in [
            ">writes<", ">reads<", ">API<", "&lt;b&gt;lost&lt;/b&gt; leader", ">etcd-1 ✗<", ">etcd-2<",
            "class=\"band\"", "class=\"lead\"", "class=\"no\"",
        ] { #expect(page.contains(text), "\(text)") }
        let scratch = try Scratch()
        let judge = Repository.root.appendingPathComponent("Tests/InteropTests/Scripts/page.py").path
        let judged = try Tool("python3").run([judge, try scratch.write("drill.html", page)])
        #expect(judged.status == 0, "\(judged.errors)")
        #expect(String(decoding: CanonicalJSON.encode(report.json), as: UTF8.self).contains(#""good":true"#))
    }
}
