import TopologySpec

/// What was expected of a drill, one line each, and what was seen.
public struct Verdict: Hashable, Sendable {
    public struct Line: Hashable, Sendable {
        public let expected: String
        public let seen: String
        public let isGood: Bool
    }

    public let lines: [Line]
    public var isGood: Bool { lines.allSatisfy(\.isGood) }
}

/// What there is to judge; milliseconds since the watch began.
package struct Evidence: Sendable {
    package let observations: Observations
    package let brokenAt: Double
    package let healedAt: Double
    /// Nil when the machines did not become healthy.
    package let healthyAt: Double?
    package let endedAt: Double
    /// Members of etcd.
    let members: Int
    /// Nil when nobody could read the ledger at the end.
    let ledger: (lost: [Int], half: [Int])?
    let complaints: [String]
    /// What was seen while it was broken.
    var sight = Sight()

    /// What others than the watch have seen.
    package struct Sight: Sendable {
        /// Whether `slipway-apply check` named the file that was changed; nil when none was.
        var checkSawIt: Bool?
        /// Machines of which `slipway status` complained.
        var complainedOf: Set<String> = []
        var hit: Set<String> = []
        /// Pods that stayed where they could not run; nil where nobody looked.
        var podsLeft: [String]?
        /// From when on writes are lost with right: what was written after a snapshot is not in it.
        var snapshotAt: Double?
    }

    /// Whether a write was acknowledged in time to be in the snapshot, where there is one.
    private func isKept(_ write: Observations.Write) -> Bool {
        write.isAcknowledged && sight.snapshotAt.map { write.ended < $0 || write.began > healedAt } ?? true
    }

    /// The history that has to have one order. Where a snapshot was restored, what happened behind it happened or did not.
    private var history: [RegisterOperation] {
        guard let snapshot = sight.snapshotAt else { return observations.operations }
        return observations.operations.compactMap { operation in
            guard let ended = operation.ended, ended >= snapshot, operation.began <= healedAt else { return operation }
            if case .read = operation.kind { return nil }
            return RegisterOperation(
                client: operation.client, register: operation.register, kind: operation.kind, began: operation.began,
                ended: nil)
        }
    }

    /// Acknowledged writes that are not there and have to be; nil when nobody could tell.
    var lost: Int? {
        let kept = Set(observations.writes.filter(isKept).map(\.number))
        return ledger.map { kept.intersection($0.lost).count }
    }

    /// The longest time without an answer of the API that was not over when the fault began.
    var longestSilence: (from: Double, to: Double) {
        Self.longest(
            [0] + observations.asks.filter(\.isAnswered).map(\.ended).sorted() + [endedAt], after: brokenAt)
    }

    /// The longest time without an acknowledged write that was not over when the fault began.
    var longestGap: (from: Double, to: Double) {
        let answers = observations.writes.filter(\.isAcknowledged).map(\.ended) + [endedAt]
        return Self.longest(answers, after: brokenAt)
    }

    /// The longest time without a leader that a majority follows and that says so itself.
    var longestWithoutLeader: (from: Double, to: Double) {
        Self.longest(leaders.map(\.at) + [endedAt], after: brokenAt)
    }

    /// The moments at which a majority followed the same leader, and who that was.
    var leaders: [(at: Double, machine: String)] {
        var latest: [String: Observations.Look] = [:]
        var moments: [(at: Double, machine: String)] = []
        for look in observations.looks.sorted(by: { $0.at < $1.at }) {
            latest[look.machine] = look
            // What was said longer ago than a question may take is not the present.
            let fresh = latest.values.filter { $0.member != nil && $0.leader != 0 && look.at - $0.at < 1000 }
            // Its own word: those that follow one that died do not know yet.
            let isFollowed = fresh.count { $0.leader == look.leader && $0.term == look.term } * 2 > members
            if look.member != nil, look.member == look.leader, isFollowed { moments.append((look.at, look.machine)) }
        }
        return moments
    }

    private static func longest(_ moments: [Double], after start: Double) -> (from: Double, to: Double) {
        var longest = (from: start, to: start)
        for (before, after) in zip(moments, moments.dropFirst())
        where after > start && after - before > longest.to - longest.from {
            longest = (before, after)
        }
        return longest
    }

    // MARK: Judging

    func verdict(_ expectations: Drill.Expectations) -> Verdict {
        var lines = [losesNothing, order]
        lines += bounds(
            longestGap, atMost: expectations.unavailableAtMost, "without an acknowledged write",
            atLeast: expectations.unavailableAtLeast, "nothing acknowledged")
        lines += bounds(longestWithoutLeader, atMost: expectations.leaderWithin, "without a leader")
        lines += bounds(
            longestSilence, atMost: expectations.apiSilentAtMost, "without an answer of the API",
            atLeast: expectations.apiSilentAtLeast, "no answer of the API")
        if expectations.statusSeesIt {
            let unseen = sight.hit.subtracting(sight.complainedOf).sorted()
            lines.append(
                .init(
                    expected: "slipway status complains of what was hit",
                    seen: unseen.isEmpty ? "it did" : "nothing of \(unseen.joined(separator: ", "))",
                    isGood: unseen.isEmpty))
        }
        if expectations.podsMove {
            let left = sight.podsLeft ?? ["nobody looked"]
            lines.append(
                .init(
                    expected: "every pod that can run elsewhere does",
                    seen: left.isEmpty ? "they do" : "left: \(left.prefix(5).joined(separator: ", "))",
                    isGood: left.isEmpty))
        }
        if expectations.checkSeesIt {
            let saw = sight.checkSawIt == true
            lines.append(
                .init(
                    expected: "slipway-apply check names the file", seen: saw ? "it did" : "it said nothing of it",
                    isGood: saw))
        }
        lines.append(healthy(within: Double(expectations.healthyWithin)))
        return Verdict(lines: lines)
    }

    private var losesNothing: Verdict.Line {
        let when = sight.snapshotAt == nil ? "" : " before the snapshot"
        let expected = "every write acknowledged\(when) is there, and no other one by half"
        let kept = Set(observations.writes.filter(isKept).map(\.number))
        let count = kept.count
        guard let ledger else {
            return .init(expected: expected, seen: "nobody could read the ledger at the end", isGood: false)
        }
        let missed = Set(observations.reads.compactMap(\.missed)).union(ledger.lost).intersection(kept)
        if missed.isEmpty, ledger.half.isEmpty {
            return .init(expected: expected, seen: "\(count) acknowledged, all there", isGood: count > 0)
        }
        let lost = missed.isEmpty ? "" : "\(missed.count) of \(count) acknowledged writes are lost"
        let half = ledger.half.isEmpty ? "" : "\(ledger.half.count) others are there by half"
        return .init(
            expected: expected, seen: [lost, half].filter { !$0.isEmpty }.joined(separator: "; "), isGood: false)
    }

    private var order: Verdict.Line {
        let expected = "reads and writes of registers have one order (linearizable)"
        let count = history.count
        switch Linearizability.check(history) {
        case .linearizable:
            return .init(expected: expected, seen: "\(count) operations have one", isGood: count > 0)
        case .undecided:
            return .init(expected: expected, seen: "not decided for \(count) operations", isGood: false)
        case .violation(let operation):
            return .init(
                expected: expected,
                seen:
                    "none explains client \(operation.client + 1) at \(Self.text(operation.ended ?? operation.began)): \(operation.kind)",
                isGood: false)
        }
    }

    private func healthy(within limit: Double) -> Verdict.Line {
        let expected = "healthy \(Self.text(limit)) after the healing at the latest"
        guard let healthyAt else {
            return .init(expected: expected, seen: complaints.prefix(3).joined(separator: "; "), isGood: false)
        }
        return line(expected, healthyAt - healedAt, healthyAt - healedAt <= limit)
    }

    /// What was expected of how long something lasted, where anything was.
    private func bounds(
        _ span: (from: Double, to: Double), atMost most: Int?, _ without: String, atLeast least: Int? = nil,
        _ nothing: String = ""
    ) -> [Verdict.Line] {
        let length = span.to - span.from
        return [
            most.map { line("no longer than \(Self.text(Double($0))) \(without)", length, length <= Double($0)) },
            least.map { line("\(nothing) for at least \(Self.text(Double($0)))", length, length >= Double($0)) },
        ].compactMap { $0 }
    }

    private func line(_ expected: String, _ seen: Double, _ isGood: Bool) -> Verdict.Line {
        .init(expected: expected, seen: Self.text(seen), isGood: isGood)
    }

    /// `1.3 s`
    package static func text(_ milliseconds: Double) -> String {
        let tenths = Int((milliseconds / 100).rounded())
        return "\(tenths / 10).\(tenths % 10) s"
    }
}
