/// What happens while it happens: who leads, who answers, whether writes go on.
struct Story {
    let watch: Watch
    let tell: @Sendable (Double?, String) -> Void
    private(set) var moments: [DrillReport.Moment] = []
    private var brokenAt: Double?
    private var isWriting = true
    private(set) var leader: String?
    private var isServing = true
    private var silent: Set<String> = []

    init(watch: Watch, tell: @escaping @Sendable (Double?, String) -> Void) {
        self.watch = watch
        self.tell = tell
    }

    /// Times are since the first fault.
    mutating func begin(at time: Double) {
        brokenAt = brokenAt ?? time
        leader = Self.leader(watch.observations) ?? leader
    }

    mutating func say(_ text: String, at time: Double? = nil) {
        let time = time ?? watch.now
        moments.append(.init(at: time, text: text))
        tell(brokenAt.map { time - $0 }, text)
    }

    mutating func look() {
        let seen = watch.observations
        let last = seen.writes.last(where: \.isAcknowledged)?.ended ?? 0
        let isWriting = watch.now - last < 1000
        if isWriting != self.isWriting {
            self.isWriting = isWriting
            if isWriting {
                let answers = seen.writes.filter(\.isAcknowledged).map(\.ended)
                let gap = zip(answers, answers.dropFirst()).map { $1 - $0 }.last { $0 >= 1000 }
                say("writes are acknowledged again\(gap.map { ", after \(Evidence.text($0))" } ?? "")")
            } else {
                say("no write is acknowledged any more")
            }
        }
        lookAtAPI(seen)
        if let now = Self.leader(seen), now != leader {
            leader = now
            say("\(now) leads")
        }
        let latest = Dictionary(seen.looks.map { ($0.machine, $0) }) { $1 }
        let silent = Set(latest.values.filter { $0.member == nil }.map(\.machine))
        for machine in silent.subtracting(self.silent).sorted() { say("\(machine) does not answer") }
        for machine in self.silent.subtracting(silent).sorted() { say("\(machine) answers again") }
        self.silent = silent
    }

    private mutating func lookAtAPI(_ seen: Observations) {
        let answers = seen.asks.filter(\.isAnswered).map(\.ended)
        guard let last = answers.last, watch.now - last < 1000 || isServing else { return }
        let isServing = watch.now - last < 1000
        guard isServing != self.isServing else { return }
        self.isServing = isServing
        let gap = zip(answers, answers.dropFirst()).map { $1 - $0 }.last { $0 >= 1000 }
        say(
            isServing
                ? "the API answers again\(gap.map { ", after \(Evidence.text($0))" } ?? "")"
                : "the API answers nobody any more")
    }

    /// Of those that say that they lead, the one of the latest term.
    private static func leader(_ seen: Observations) -> String? {
        let latest = Dictionary(seen.looks.map { ($0.machine, $0) }) { $1 }
        return latest.values.filter { $0.member != nil && $0.member == $0.leader }.max { $0.term < $1.term }?.machine
    }
}
