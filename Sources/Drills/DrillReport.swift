public import BundleFormat
public import TopologySpec

/// What came of a drill.
public struct DrillReport: Sendable {
    /// Something that happened, at a time since the watch began, in milliseconds.
    public struct Moment: Hashable, Sendable {
        public let at: Double
        public let text: String
    }

    /// What a machine's journal says.
    public struct Log: Hashable, Sendable {
        public let machine: String
        public let text: String
    }

    public let drill: Drill
    public let instance: String
    public let provider: String
    /// What was broken, on which machines.
    public let sentence: String
    public let hit: [String]
    /// The machines of etcd, in the bundle's order.
    public let members: [String]
    public let moments: [Moment]
    /// What the machines' journals say of that time, by machine.
    public let logs: [Log]
    public let verdict: Verdict
    package let evidence: Evidence

    init(
        drill: Drill, instance: String, provider: String, sentence: String, hit: [String], members: [String],
        moments: [Moment], logs: [Log] = [], evidence: Evidence
    ) {
        self.drill = drill
        self.instance = instance
        self.provider = provider
        self.sentence = sentence
        self.hit = hit
        self.members = members
        self.moments = moments
        self.logs = logs
        self.evidence = evidence
        verdict = evidence.verdict(drill.expectations)
    }

    /// The longest time without an acknowledged write, in milliseconds.
    public var unavailable: Double { evidence.longestGap.to - evidence.longestGap.from }

    /// The longest time without an answer of the API, in milliseconds; nil where it never gave one.
    public var apiSilence: Double? {
        evidence.observations.asks.contains(where: \.isAnswered)
            ? evidence.longestSilence.to - evidence.longestSilence.from : nil
    }

    /// Milliseconds without a leader.
    public var leaderless: Double { evidence.longestWithoutLeader.to - evidence.longestWithoutLeader.from }

    /// From the healing until every machine was healthy, in milliseconds; nil when they did not become so.
    public var recovery: Double? { evidence.healthyAt.map { $0 - evidence.healedAt } }

    public var acknowledged: Int { evidence.observations.writes.count(where: \.isAcknowledged) }

    /// Acknowledged writes that were not there at the end; nil when nobody could tell.
    public var lost: Int? { evidence.lost }

    /// The figures, times in milliseconds; those of moments since the fault.
    public var json: JSONValue {
        func time(_ value: Double) -> JSONValue { .integer(Int64(value.rounded())) }
        let seen = evidence.observations
        var object = JSONObject([
            ("drill", .string(drill.name)), ("title", .string(drill.title)), ("instance", .string(instance)),
            ("provider", .string(provider)), ("broken", .string(sentence)), ("hit", .strings(hit)),
            ("good", .bool(verdict.isGood)),
            (
                "verdict",
                .array(
                    verdict.lines.map {
                        ["expected": .string($0.expected), "seen": .string($0.seen), "good": .bool($0.isGood)]
                    })
            ),
            ("unavailable", time(unavailable)), ("leaderless", time(leaderless)),
            ("writes", .integer(Int64(seen.writes.count))), ("acknowledged", .integer(Int64(acknowledged))),
            ("reads", .integer(Int64(seen.reads.count))),
            ("registerOperations", .integer(Int64(seen.operations.count))),
            (
                "moments",
                .array(moments.map { ["at": time($0.at - evidence.brokenAt), "text": .string($0.text)] })
            ),
        ])
        object["apiSilence"] = apiSilence.map(time)
        object["apiAnswers"] = apiSilence.map { _ in .integer(Int64(seen.asks.count(where: \.isAnswered))) }
        object["recovery"] = recovery.map(time)
        object["lost"] = lost.map { .integer(Int64($0)) }
        return .object(object)
    }
}
