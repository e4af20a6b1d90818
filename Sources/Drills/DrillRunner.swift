import BundleFormat
import Foundation
import HostSystem
public import Launching
import Synchronization
import SystemPackage
public import TopologySpec
import Values

/// Told from outside that a drill is to end early.
public final class Interruption: Sendable {
    private let isWanted = Atomic<Bool>(false)

    public init() {}

    public func interrupt() { isWanted.store(true, ordering: .relaxed) }
    var isInterrupted: Bool { isWanted.load(ordering: .relaxed) }
}

/// Runs drills against an instance: looks that it is healthy, watches, breaks, heals, judges.
///
/// What has to be healed is on disk before anything is broken, and is taken away once it is healed. One drill at a time.
public struct DrillRunner: Sendable {
    private let instance: Instance
    private let provider: any Provider
    private let interruption: Interruption
    /// Tells the story, a line at a time: since the fault began in milliseconds, and what happened.
    private let tell: @Sendable (Double?, String) -> Void

    public init(
        _ instance: Instance, _ provider: any Provider, interruption: Interruption = Interruption(),
        tell: @escaping @Sendable (Double?, String) -> Void
    ) {
        self.instance = instance
        self.provider = provider
        self.interruption = interruption
        self.tell = tell
    }

    private var surgery: Surgery { Surgery(instance: instance, provider: provider) }

    // MARK: Heal

    /// Heals what an interrupted drill has left broken.
    ///
    /// - Returns: that drill's name; nil when there is nothing to heal.
    public func heal() throws(DrillError) -> String? {
        let lock = try takeLock()
        defer { try? lock.close() }
        guard let record = try DrillRecord.read(instance.paths) else { return nil }
        try surgery.heal(record.undo)
        try Files.remove(instance.paths.drill)
        return record.drill
    }

    private func takeLock() throws(DrillError) -> FileDescriptor {
        let file = try Files.openForAppending(instance.paths.drillLock)
        do throws(Errno) {
            if try SystemCalls.lock(file, wait: false) { return file }
        } catch {
            throw .system(SystemError("lock", instance.paths.drillLock, error))
        }
        try? file.close()
        throw .busy(instance: instance.paths.name)
    }

    // MARK: Run

    /// - Throws: ``DrillError`` when there can be no verdict. Whatever it throws, what was broken has been healed, or the error says that it has
    ///   not.
    public func run(_ drill: Drill) async throws(DrillError) -> DrillReport {
        let lock = try takeLock()
        defer { try? lock.close() }
        if let record = try DrillRecord.read(instance.paths) {
            throw .unhealed(drill: record.drill, instance: instance.paths.name)
        }
        let (machines, running) = try await healthyMachines()
        guard let jump = machines.first(where: { $0.role == .jump }), let place = running[jump.name] else {
            throw .unwatchable("the watch is in the jump host, which does not run")
        }
        let watch = Watch(
            instance, provider, through: place, tag: String(UInt32.random(in: .min ... .max), radix: 36))
        watch.start()
        defer { watch.stop() }
        var story = Story(watch: watch, tell: tell)
        let leader = try await baseline(watch)
        story.say("healthy: \(machines.count) machines; etcd's leader is \(leader)")
        let plan = try surgery.plan(drill, leader: leader, on: Set(machines.map(\.name)))
        if interruption.isInterrupted { throw .interrupted(drill: drill.name) }
        let (broken, checkSawIt) = try await breakAndHeal(plan, watch, &story)
        let healed = watch.now
        story.say("healed")
        let (healthy, complaints) = try await becomeHealthy(
            machines, after: drill, watch, &story)
        await pause(1000)
        story.look()
        watch.stop()
        let observations = watch.observations
        let ledger = watch.readWholeLedger(within: 10).map { watch.compare($0, with: observations.writes) }
        watch.removeKeys()
        let evidence = Evidence(
            observations: observations, brokenAt: broken, healedAt: healed, healthyAt: healthy, endedAt: watch.now,
            members: machines.count { $0.role == .etcd }, ledger: ledger, complaints: complaints,
            checkSawIt: checkSawIt)
        return DrillReport(
            drill: drill, instance: instance.paths.name, provider: provider.name.rawValue, sentence: plan.sentence,
            hit: plan.machines.map(\.name), members: machines.filter { $0.role == .etcd }.map(\.name),
            moments: story.moments, evidence: evidence)
    }

    /// The machines that are on, each of them healthy.
    private func healthyMachines() async throws(DrillError) -> ([LaunchDefinition], [String: RunningMachine]) {
        let running: [String: RunningMachine]
        let machines: [LaunchDefinition]
        var complaints: [String]
        do throws(LaunchError) {
            running = try provider.running(instance)
            machines = instance.plan.machines.filter { running[$0.name] != nil }
            complaints = try provider.faults(instance)
            complaints += Self.complaints(try await StatusReader(instance, provider).read(machines))
        } catch {
            throw .launching(error)
        }
        complaints += instance.plan.machines.filter { $0.role == .etcd && running[$0.name] == nil }
            .map { "\($0.name): it is off" }
        guard complaints.isEmpty, !machines.isEmpty else {
            throw .unhealthy(complaints.isEmpty ? ["no machine runs"] : complaints)
        }
        return (machines, running)
    }

    private static func complaints(_ statuses: [MachineStatus]) -> [String] {
        statuses.flatMap { status in
            status.complaints.map { "\(status.name): \($0.name): \($0.detail ?? $0.state.rawValue)" }
        }
    }

    /// Watches until writes are acknowledged one after the other.
    ///
    /// - Returns: the machine of etcd's leader.
    private func baseline(_ watch: Watch) async throws(DrillError) -> String {
        for _ in 0..<150 {
            await pause(100)
            let seen = watch.observations
            let isWell =
                seen.writes.count(where: \.isAcknowledged) >= 8 && seen.writes.suffix(5).allSatisfy(\.isAcknowledged)
            if isWell, let look = seen.looks.last(where: { $0.member != nil && $0.member == $0.leader }) {
                return look.machine
            }
            if interruption.isInterrupted { break }
        }
        throw .unwatchable(
            "no write was acknowledged, or no member leads. The watch needs openssl(1) and setpriv(1) in the jump host, and etcd's client certificate there."
        )
    }

    private func breakAndHeal(
        _ plan: Surgery.Plan, _ watch: Watch, _ story: inout Story
    ) async throws(DrillError) -> (brokenAt: Double, checkSawIt: Bool?) {
        let undo = plan.undo
        try DrillRecord(drill: plan.drill.name, undo: undo).save(instance.paths)
        let start = watch.now
        var checkSawIt: Bool?
        var failure: DrillError?
        do throws(DrillError) {
            story.begin(at: start)
            try surgery.perform(plan)
            story.say(plan.sentence)
            if case .corruptFile(let path) = plan.drill.fault { checkSawIt = try surgery.checkSees(path, plan) }
            while watch.now < start + Double(plan.drill.duration) {
                if interruption.isInterrupted { throw .interrupted(drill: plan.drill.name) }
                await pause(100)
                story.look()
            }
        } catch { failure = error }
        try surgery.heal(undo)
        try Files.remove(instance.paths.drill)
        if let failure { throw failure }
        return (start, checkSawIt)
    }

    private func becomeHealthy(
        _ machines: [LaunchDefinition], after drill: Drill, _ watch: Watch, _ story: inout Story
    ) async throws(DrillError) -> (Double?, [String]) {
        let limit = Double(drill.expectations.healthyWithin)
        let start = watch.now
        var complaints: [String] = []
        // A little longer than what is expected, so that the report can tell by how much it was missed.
        while watch.now < start + limit * 1.2 + 5000 {
            let asked = watch.now
            do throws(LaunchError) {
                complaints = Self.complaints(try await StatusReader(instance, provider, timeLimit: 10).read(machines))
            } catch { throw .launching(error) }
            story.look()
            if complaints.isEmpty {
                story.say("every machine is healthy")
                return (asked, [])
            }
            if interruption.isInterrupted { throw .interrupted(drill: drill.name) }
            await pause(500)
        }
        return (nil, complaints)
    }

    private func pause(_ milliseconds: Int) async { try? await Task.sleep(for: .milliseconds(milliseconds)) }
}

/// What happens while it happens: who leads, who answers, whether writes go on.
private struct Story {
    let watch: Watch
    let tell: @Sendable (Double?, String) -> Void
    private(set) var moments: [DrillReport.Moment] = []
    private var brokenAt: Double?
    private var isWriting = true
    private var leader: String?
    private var silent: Set<String> = []

    init(watch: Watch, tell: @escaping @Sendable (Double?, String) -> Void) {
        self.watch = watch
        self.tell = tell
    }

    mutating func begin(at time: Double) {
        brokenAt = time
        leader = Self.leader(watch.observations)
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

    /// Of those that say that they lead, the one of the latest term.
    private static func leader(_ seen: Observations) -> String? {
        let latest = Dictionary(seen.looks.map { ($0.machine, $0) }) { $1 }
        return latest.values.filter { $0.member != nil && $0.member == $0.leader }.max { $0.term < $1.term }?.machine
    }
}
