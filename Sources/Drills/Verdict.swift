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
    /// Whether `slipway-apply check` named the file that was changed; nil when none was.
    let checkSawIt: Bool?

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
        let gap = longestGap.to - longestGap.from
        if let limit = expectations.unavailableAtMost {
            lines.append(
                line(
                    "no longer than \(Self.text(Double(limit))) without an acknowledged write", gap,
                    gap <= Double(limit)))
        }
        if let limit = expectations.unavailableAtLeast {
            lines.append(
                line("nothing acknowledged for at least \(Self.text(Double(limit)))", gap, gap >= Double(limit)))
        }
        if let limit = expectations.leaderWithin {
            let gap = longestWithoutLeader.to - longestWithoutLeader.from
            lines.append(line("no longer than \(Self.text(Double(limit))) without a leader", gap, gap <= Double(limit)))
        }
        if expectations.checkSeesIt {
            let saw = checkSawIt == true
            lines.append(
                .init(
                    expected: "slipway-apply check names the file", seen: saw ? "it did" : "it said nothing of it",
                    isGood: saw))
        }
        lines.append(healthy(within: Double(expectations.healthyWithin)))
        return Verdict(lines: lines)
    }

    private var losesNothing: Verdict.Line {
        let expected = "every acknowledged write is there, and no other one by half"
        let count = observations.writes.count(where: \.isAcknowledged)
        guard let ledger else {
            return .init(expected: expected, seen: "nobody could read the ledger at the end", isGood: false)
        }
        let missed = Set(observations.reads.compactMap(\.missed)).union(ledger.lost)
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
        let count = observations.operations.count
        switch Linearizability.check(observations.operations) {
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

    private func line(_ expected: String, _ seen: Double, _ isGood: Bool) -> Verdict.Line {
        .init(expected: expected, seen: Self.text(seen), isGood: isGood)
    }

    /// `1.3 s`
    package static func text(_ milliseconds: Double) -> String {
        let tenths = Int((milliseconds / 100).rounded())
        return "\(tenths / 10).\(tenths % 10) s"
    }
}
