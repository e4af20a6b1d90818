import BundleFormat
import Values

/// `slipway-apply health`: whether the machine does what it is for. Looks at every unit and makes every check of machine.json, all at
/// once; changes nothing and keeps nothing.
struct HealthCommand {
    private let session: Session
    private var services: any SystemServices { session.services }

    init(_ session: Session) { self.session = session }

    /// The last lines of a journal that are looked through for a reason.
    private static let journalLines = 30
    /// The most units whose journal is looked at.
    private static let journalLimit = 20

    func run() throws(ApplyError) -> HealthReport {
        guard let record = try session.record(of: session.store.current()) else {
            let finding = HealthReport.Finding("machine", .waiting, "nothing has been applied yet")
            return HealthReport(identity: nil, findings: [finding])
        }
        let manifest = try session.store.manifest(record.number)
        let absent = PayloadsInPlace(record.entries, try session.store.installed()).waiting(manifest)
        let identity = AppliedState.Identity(cluster: manifest.cluster, machine: manifest.machine, role: manifest.role)
        guard !services.isOffline else {
            let finding = HealthReport.Finding(
                "machine", .unknown, "only a machine itself can be asked, not another root")
            return HealthReport(identity: identity, findings: [finding], absent: absent.map(\.name))
        }
        let units = try look(at: manifest, absent)
        let checks = manifest.checks.filter { !waits($0, manifest, absent) }
        let (reasons, verdicts) = ask(units, checks, try Accounts(session.root))
        let findings =
            units.findings(reasons) + Self.disks(services)
            + zip(checks, verdicts).map { HealthReport.Finding($0.name, title: $0.title, $1.state, $1.detail) }
        var facts = ClusterFacts()
        for verdict in verdicts {
            if let nodes = verdict.facts.nodes { facts.nodes = nodes }
            if let leaders = verdict.facts.leaders { facts.leaders = (facts.leaders ?? [:]).merging(leaders) { $1 } }
        }
        return HealthReport(identity: identity, findings: findings, absent: absent.map(\.name), cluster: facts)
    }

    /// Whether a payload that the check needs is not there, so that there is nothing to look at.
    private func waits(_ check: HealthCheck, _ manifest: MachineManifest, _ absent: [WaitingPayload]) -> Bool {
        if case .program(let program) = check.probe, absent.contains(where: { $0.causes.contains(program.path) }) {
            return true
        }
        let needed = manifest.units.filter { check.units.contains($0.name) || check.probe.units.contains($0.name) }
        return needed.contains { UnitRules.waits($0, for: absent) }
    }

    // MARK: Units

    /// What systemd says of the units of machine.json, and of others that failed or do not come up.
    private struct Units {
        let names: [String]
        let states: [UnitState]
        let verdicts: [Verdict]
        let health: UnitHealth

        func verdict(_ name: String) -> Verdict? { names.firstIndex(of: name).map { verdicts[$0] } }
        func state(_ name: String) -> UnitState? { names.firstIndex(of: name).map { states[$0] } }
        /// Those that have something to tell.
        var troubled: [String] { zip(names, verdicts).filter { $1.state != .healthy }.map(\.0) }

        func findings(_ reasons: [String: String]) -> [HealthReport.Finding] {
            zip(names, verdicts).map { name, verdict in
                let parts = [verdict.detail, reasons[name]].compactMap { $0 }
                return HealthReport.Finding(name, verdict.state, parts.isEmpty ? nil : parts.joined(separator: ": "))
            }
        }
    }

    private func look(at manifest: MachineManifest, _ absent: [WaitingPayload]) throws(ApplyError) -> Units {
        let planned = manifest.units.filter { !UnitRules.waits($0, for: absent) }
        let known = Set(manifest.units.map(\.name))
        // The applier is at work, or asked by hand; what it is at, `status` tells.
        let others = try services.run(.troubledUnits).output.split(separator: "\n")
            .compactMap { $0.split(separator: " ").first.map(String.init) }
            .filter { !known.contains($0) && $0 != GuestLayout.applierUnit }
        let names = planned.map(\.name) + others.prefix(HealthReport.listLimit)
        let health = UnitHealth(
            now: services.microseconds,
            begin: UnitState(parsing: try services.run(.managerTimes).output).number("UserspaceTimestampMonotonic") ?? 0
        )
        let states =
            names.isEmpty
            ? [] : UnitState.states(try services.run(.show(names, UnitHealth.properties)).output, count: names.count)
        let limits = planned.map(\.startSeconds) + others.map { _ in nil }
        let verdicts = zip(states, limits).map { health.verdict($0, limit: $1) }
        return Units(names: names, states: states, verdicts: verdicts, health: health)
    }

    // MARK: Checks

    /// Makes the checks whose units run, and looks for the reasons of units that do not, all at once.
    private func ask(
        _ units: Units, _ checks: [HealthCheck], _ accounts: Accounts?
    ) -> (reasons: [String: String], verdicts: [Verdict]) {
        let troubled = units.troubled.prefix(Self.journalLimit)
        var requests = troubled.map { unit in
            ProbeRequest(kind: .program(.journal(of: unit, lines: Self.journalLines)), seconds: 5)
        }
        var early: [Int: Verdict] = [:]
        var place: [Int: Int] = [:]
        for (index, check) in checks.enumerated() {
            if let verdict = hindrance(check, units) {
                early[index] = verdict
            } else if let request = request(check, accounts) {
                place[index] = requests.count
                requests.append(request)
            }
        }
        let answers = services.probe(requests)
        var reasons: [String: String] = [:]
        for (unit, answer) in zip(troubled, answers) { reasons[unit] = LastWords.choose(answer.text) }
        let verdicts = checks.enumerated().map { index, check in
            if let verdict = early[index] { return verdict }
            let answer = place[index].map { answers[$0] } ?? unitAnswer(check, units)
            return patient(check, check.judgement.verdict(answer, now: services.now), units)
        }
        return (reasons, verdicts)
    }

    /// Why a check need not be made: something it needs does not run.
    private func hindrance(_ check: HealthCheck, _ units: Units) -> Verdict? {
        for unit in check.units {
            guard let verdict = units.verdict(unit), let state = units.state(unit), !state.isActive, !state.isFinished
            else { continue }
            return verdict.state == .sick
                ? Verdict(.unknown, "\(unit) does not run") : Verdict(.waiting, "waits for \(unit)")
        }
        return nil
    }

    private func request(_ check: HealthCheck, _ accounts: Accounts?) -> ProbeRequest? {
        switch check.probe {
        case .http(let address, let port, let path):
            ProbeRequest(kind: .http(address: address, port: port, path: path), seconds: check.seconds)
        case .dns(let server, let name):
            ProbeRequest(kind: .dns(server: server, name: name), seconds: check.seconds)
        case .program(let program):
            ProbeRequest(
                kind: .program(.unprivileged(program, group: accounts?.primaryGroupID(program.user) ?? Self.nobody)),
                seconds: check.seconds)
        case .unit: nil
        }
    }

    /// nobody's group on every Debian; setpriv names the account if it does not exist.
    private static let nobody: UInt32 = 65534

    private func unitAnswer(_ check: HealthCheck, _ units: Units) -> ProbeAnswer {
        guard case .unit(let unit) = check.probe, let state = units.state(unit) else {
            return ProbeAnswer(outcome: .unanswered("systemd says nothing of it"))
        }
        return ProbeAnswer(outcome: .succeeded, text: state.sub)
    }

    /// What fails shortly after its units came up is on its way.
    private func patient(_ check: HealthCheck, _ verdict: Verdict, _ units: Units) -> Verdict {
        guard verdict.state > .waiting else { return verdict }
        let ages = (check.units + check.probe.units).compactMap { unit in
            units.state(unit).flatMap { units.health.age($0, "ActiveEnterTimestampMonotonic") }
        }
        let age = ages.min() ?? units.health.machineAge
        return age < check.patience ? Verdict(.waiting, verdict.detail, facts: verdict.facts) : verdict
    }

    // MARK: Disks

    /// Less is too little for etcd's log, a journal or a container to go on, in bytes.
    private static let leastSpace: Int64 = 64 << 20
    private static let leastFiles: Int64 = 500

    private static func disks(_ services: any SystemServices) -> [HealthReport.Finding] {
        var seen: Set<UInt64> = []
        return ["/", "/var/lib", "/run"].compactMap { path in
            guard let space = services.space(of: path), seen.insert(space.device).inserted, space.total > 0 else {
                return nil
            }
            let name = "disk \(path)"
            // A small one is not full for being small.
            let least = min(leastSpace, space.total / 20)
            if space.free < least {
                return HealthReport.Finding(
                    name, .sick, "full: \(space.free >> 20) of \(space.total >> 20) MiB are free")
            }
            if space.totalFiles > 0, space.freeFiles < min(leastFiles, space.totalFiles / 20) {
                return HealthReport.Finding(name, .sick, "full: \(space.freeFiles) more files can be made")
            }
            return HealthReport.Finding(name, .healthy)
        }
    }
}

extension HealthReport {
    /// For people: the worst first.
    var text: [String] {
        var lines = complaints.map { "\($0.state.rawValue): \($0.title)" + ($0.detail.map { " (\($0))" } ?? "") }
        let well = findings.filter { $0.state == .healthy }
        if !well.isEmpty { lines.append("healthy: \(well.map(\.title).joined(separator: ", "))") }
        if !absent.isEmpty { lines.append("absent: \(absent.joined(separator: ", "))") }
        return lines
    }
}
