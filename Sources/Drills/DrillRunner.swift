import BundleFormat
import Foundation
public import HostSystem
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
    private let update: ExternalCommand?
    private let collectsLogs: Bool
    /// Tells the story, a line at a time: since the fault began in milliseconds, and what happened.
    private let tell: @Sendable (Double?, String) -> Void

    /// - Parameters:
    ///   - update: the command that brings the cluster to another bundle, for drills that do.
    ///   - collectsLogs: whether the machines that were hit are asked for their journals at the end.
    public init(
        _ instance: Instance, _ provider: any Provider, interruption: Interruption = Interruption(),
        update: ExternalCommand? = nil, collectsLogs: Bool = false,
        tell: @escaping @Sendable (Double?, String) -> Void
    ) {
        self.instance = instance
        self.provider = provider
        self.interruption = interruption
        self.update = update
        self.collectsLogs = collectsLogs
        self.tell = tell
    }

    private var surgery: Surgery { Surgery(instance: instance, provider: provider, update: update) }

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
        try await run(DrillSequence(drill: drill, steps: [.init(drill: drill, pause: 0)]))
    }

    /// Breaks and heals one after the other under one watch, and judges once at the end.
    ///
    /// - Throws: as ``run(_:)``
    public func run(_ sequence: DrillSequence) async throws(DrillError) -> DrillReport {
        let drill = sequence.drill
        let lock = try takeLock()
        defer { try? lock.close() }
        if let record = try DrillRecord.read(instance.paths) {
            throw .unhealed(drill: record.drill, instance: instance.paths.name)
        }
        let (machines, running) = try await healthyMachines()
        guard let jump = machines.first(where: { $0.role == .jump }), let place = running[jump.name] else {
            throw .unwatchable("the watch is in the jump host, which does not run")
        }
        if drill.needsKubernetes, let reason = try surgery.obstacleToPods(jump.name) {
            throw .refused(drill: drill.name, reason: reason)
        }
        let watch = Watch(
            instance, provider, through: place, tag: String(UInt32.random(in: .min ... .max), radix: 36))
        watch.start()
        defer { watch.stop() }
        var story = Story(watch: watch, tell: tell)
        let first = try await baseline(watch, drill)
        story.say("healthy: \(machines.count) machines; etcd's leader is \(first)")
        var (sentences, hit): ([String], [String]) = ([], [])
        var sight = Evidence.Sight()
        var broken = watch.now
        for (index, step) in sequence.steps.enumerated() {
            if index > 0 { try await settle(watch, machines, step, drill, &story) }
            let plan = try surgery.plan(step.drill, leader: story.leader ?? first, on: Set(machines.map(\.name)))
            if interruption.isInterrupted { throw .interrupted(drill: drill.name) }
            let began = try await breakAndHeal(plan, watch, &story, &sight)
            if index == 0 { broken = began }
            sentences.append(plan.sentence)
            hit += plan.machines.map(\.name).filter { !hit.contains($0) }
            story.say("healed")
        }
        let healed = watch.now
        let (healthy, complaints) = try await becomeHealthy(machines, after: drill, watch, &story)
        await pause(1000)
        story.look()
        watch.stop()
        let observations = watch.observations
        let ledger = watch.readWholeLedger(within: 10).map { watch.compare($0, with: observations.writes) }
        watch.removeKeys()
        let evidence = Evidence(
            observations: observations, brokenAt: broken, healedAt: healed, healthyAt: healthy, endedAt: watch.now,
            members: machines.count { $0.role == .etcd }, ledger: ledger, complaints: complaints, sight: sight)
        return DrillReport(
            drill: drill, instance: instance.paths.name, provider: provider.name.rawValue,
            sentence: sentences.joined(separator: "; "), hit: hit,
            members: machines.filter { $0.role == .etcd }.map(\.name), moments: story.moments,
            logs: collectsLogs ? logs(of: hit, since: watch.now) : [], evidence: evidence)
    }

    /// Between two faults: every member answers again, and a moment passes.
    private func settle(
        _ watch: Watch, _ machines: [LaunchDefinition], _ step: DrillSequence.Step, _ drill: Drill,
        _ story: inout Story
    ) async throws(DrillError) {
        let members = Set(machines.filter { $0.role == .etcd }.map(\.name))
        let limit = watch.now + 90_000
        while watch.now < limit {
            story.look()
            let latest = Dictionary(watch.observations.looks.map { ($0.machine, $0) }) { $1 }
            if members.allSatisfy({ latest[$0]?.member != nil && latest[$0]?.leader != 0 }) { break }
            if interruption.isInterrupted { throw .interrupted(drill: drill.name) }
            await pause(100)
        }
        await pause(step.pause)
        story.look()
    }

    /// What the machines' units said since the watch began, a bounded part of it.
    private func logs(of machines: [String], since milliseconds: Double) -> [DrillReport.Log] {
        let seconds = Int(milliseconds / 1000) + 1
        return machines.prefix(12).compactMap { name in
            let script =
                #"journalctl --no-pager --output=short-iso-precise --since="-$1s" --lines=200 -u etcd -u haproxy -u keepalived -u kube-apiserver -u vault -u vault-bootstrap -u kubelet"#
            let text = (try? surgery.require(name, [script, "\(seconds)"], within: 20)) ?? ""
            return text.isEmpty ? nil : .init(machine: name, text: String(text.suffix(60_000)))
        }
    }

    /// The machines that are on, each of them healthy. One that did not answer in time is asked again: a busy host is not a sick cluster.
    private func healthyMachines() async throws(DrillError) -> ([LaunchDefinition], [String: RunningMachine]) {
        var complaints: [String] = []
        for attempt in 0..<4 {
            if attempt > 0 { await pause(3000) }
            if interruption.isInterrupted { break }
            let running: [String: RunningMachine]
            let machines: [LaunchDefinition]
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
            if complaints.isEmpty, !machines.isEmpty { return (machines, running) }
        }
        throw .unhealthy(complaints.isEmpty ? ["no machine runs"] : complaints)
    }

    private static func complaints(_ statuses: [MachineStatus]) -> [String] {
        statuses.flatMap { status in
            status.complaints.map { "\(status.name): \($0.name): \($0.detail ?? $0.state.rawValue)" }
        }
    }

    /// Watches until writes are acknowledged one after the other.
    ///
    /// - Returns: the machine of etcd's leader.
    private func baseline(_ watch: Watch, _ drill: Drill) async throws(DrillError) -> String {
        let asksAPI = drill.expectations.apiSilentAtMost != nil || drill.expectations.apiSilentAtLeast != nil
        var seen = Observations()
        for _ in 0..<150 {
            await pause(100)
            seen = watch.observations
            let isWell =
                seen.writes.count(where: \.isAcknowledged) >= 8 && seen.writes.suffix(5).allSatisfy(\.isAcknowledged)
            if asksAPI, seen.asks.count < 8 || !seen.asks.suffix(5).allSatisfy(\.isAnswered) { continue }
            if isWell, let look = seen.looks.last(where: { $0.member != nil && $0.member == $0.leader }) {
                return look.machine
            }
            if interruption.isInterrupted { throw .interrupted(drill: drill.name) }
        }
        if asksAPI, !seen.asks.contains(where: \.isAnswered) {
            throw .refused(
                drill: drill.name, reason: "it is about the API, and nobody answers at the address that clients have")
        }
        throw .unwatchable(
            "no write was acknowledged, or no member leads. The watch needs openssl(1) and setpriv(1) in the jump host, and etcd's client certificate there."
        )
    }

    /// - Returns: when the fault began.
    private func breakAndHeal(
        _ plan: Surgery.Plan, _ watch: Watch, _ story: inout Story, _ sight: inout Evidence.Sight
    ) async throws(DrillError) -> Double {
        let start = watch.now
        story.begin(at: start)
        let parts = plan.drill.isInTurn ? plan.machines.map { plan.only($0) } : [plan]
        for (index, part) in parts.enumerated() {
            if index > 0 {
                let (healthy, complaints) = try await becomeHealthy(
                    plan.machines, after: plan.drill, watch, &story)
                if healthy == nil {
                    story.say(
                        "not healthy, and so no other one is hit: \(complaints.prefix(2).joined(separator: "; "))")
                    break
                }
            }
            try await hit(part, watch, &story, &sight)
        }
        return start
    }

    private func hit(
        _ plan: Surgery.Plan, _ watch: Watch, _ story: inout Story, _ sight: inout Evidence.Sight
    ) async throws(DrillError) {
        var undo = plan.undo
        try DrillRecord(drill: plan.drill.name, undo: undo).save(instance.paths)
        let wanted = plan.drill.expectations
        let start = watch.now
        var failure: DrillError?
        if wanted.statusSeesIt { sight.hit.formUnion(plan.machines.map(\.name)) }
        do throws(DrillError) {
            if plan.drill.fault == .restoreEtcd { sight.snapshotAt = start }
            try surgery.perform(plan)
            story.say(plan.sentence)
            if case .corruptFile(let path) = plan.drill.fault { sight.checkSawIt = try surgery.checkSees(path, plan) }
            let end = watch.now + Double(plan.drill.duration)
            while watch.now < end {
                if interruption.isInterrupted { throw .interrupted(drill: plan.drill.name) }
                if wanted.statusSeesIt, !sight.hit.isSubset(of: sight.complainedOf) {
                    sight.complainedOf.formUnion(try await complainedOf(plan.machines))
                }
                await pause(100)
                story.look()
            }
            if wanted.podsMove { sight.podsLeft = try surgery.podsLeft(plan) }
            let healing = try surgery.prepareHealing(plan)
            if healing != undo {
                undo = healing
                try DrillRecord(drill: plan.drill.name, undo: undo).save(instance.paths)
            }
        } catch { failure = error }
        try surgery.heal(undo)
        try Files.remove(instance.paths.drill)
        if let failure { throw failure }
    }

    private func complainedOf(_ machines: [LaunchDefinition]) async throws(DrillError) -> [String] {
        do throws(LaunchError) {
            return try await StatusReader(instance, provider, timeLimit: 5).read(machines)
                .filter { !$0.complaints.isEmpty }.map(\.name)
        } catch { throw .launching(error) }
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
