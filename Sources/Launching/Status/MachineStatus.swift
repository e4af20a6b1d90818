public import BundleFormat
public import Values

/// One machine as it is now.
public struct MachineStatus: Hashable, Sendable {
    public enum Power: String, Hashable, Sendable {
        case stopped, starting, running, paused, stopping, crashed

        init(_ state: RunningMachine.State) {
            switch state {
            case .starting: self = .starting
            case .running: self = .running
            case .paused: self = .paused
            case .stopping: self = .stopping
            case .crashed: self = .crashed
            }
        }
    }

    /// How far cloud-init has come: in this boot, or done in an earlier one and not run any more.
    public enum CloudInit: String, Hashable, Sendable {
        case unknown, running, done, failed
    }

    public let name: String
    public let role: Role
    public let address: IPv4Address
    public var power: Power
    public var cloudInit: CloudInit = .unknown
    /// What is seen of its boot from outside, where something is.
    public var stage: BootStage?
    /// `active` while the applier runs, `failed` after a run that failed; as systemd has it.
    public var applier: String?
    public var applied: AppliedState?
    /// Whether what was applied is the seed that the machine has now.
    public var isCurrent = false
    public var failedUnits: [String] = []
    /// Payloads that are absent, so that what needs them waits.
    public var waiting: [String] = []
    /// What the machine says of itself; nil when it was not asked, or did not answer in time.
    public var report: HealthReport?
    /// Whether its applier is older than the question, so that only its units tell.
    public var hasOldApplier = false

    public init(_ machine: LaunchDefinition, power: Power) {
        name = machine.name
        role = machine.role
        address = machine.address
        self.power = power
    }

    /// Whether all that can be applied was.
    public var isApplied: Bool {
        power == .running && cloudInit == .done && isCurrent && applied?.isUnfinished == false && !isApplierAtWork
    }

    /// Whether nothing is wrong with what was applied. Absent payloads are not wrong, they are waited for.
    public var isGreen: Bool {
        isApplied && failedUnits.isEmpty && applied?.drift.isEmpty == true && applied?.units.isEmpty == true
    }

    public var isApplierAtWork: Bool { applier == "activating" || applier == "reloading" || applier == "deactivating" }

    /// Whether waiting any longer is of no use: a machine that was started and is off again has ended.
    public var hasFailed: Bool {
        switch power {
        case .stopped, .crashed: true
        case .running: cloudInit == .failed || (cloudInit == .done && applier == "failed")
        case .starting, .paused, .stopping: false
        }
    }

    // MARK: Health

    /// How well it does what it is for: as it says itself, once all that it was given is in place. Absent payloads are not
    /// wrong, they are waited for.
    public var health: Health { findings.map(\.state).max() ?? .healthy }

    public var isHealthy: Bool { health == .healthy }

    /// Why it is not healthy, the worst first.
    public var complaints: [HealthReport.Finding] {
        findings.filter { $0.state != .healthy }.sorted { $0.state > $1.state }
    }

    /// What is known from outside, and where that says nothing against it, what the machine says.
    private var findings: [HealthReport.Finding] {
        switch power {
        case .stopped, .crashed: return [.init("power", .sick, "it is \(power.rawValue)")]
        case .paused: return [.init("power", .sick, "it is paused; 'slipway start' has it go on")]
        case .starting, .stopping: return [.init("power", .waiting, "it is \(power.rawValue)")]
        case .running: break
        }
        if cloudInit == .failed { return [.init("cloud-init", .sick, "it failed")] + told }
        if applier == "failed" { return [.init(GuestLayout.applierUnit, .sick, "its last run failed")] + told }
        if let stage, stage < .applied { return [.init("boot", .waiting, stage.rawValue)] }
        if cloudInit == .unknown { return [.init("machine", .unknown, "it does not answer")] }
        if cloudInit == .running { return [.init("boot", .waiting, BootStage.cloudInit.rawValue)] }
        if isApplierAtWork || applied?.run == .working {
            return [.init(GuestLayout.applierUnit, .waiting, "it is at work")]
        }
        return placed + told
    }

    /// Whether what it was given is what it has.
    private var placed: [HealthReport.Finding] {
        guard let applied else { return [.init(GuestLayout.applierUnit, .unknown, "what was applied is not known")] }
        var findings: [HealthReport.Finding] = []
        if !isCurrent {
            findings.append(.init(GuestLayout.applierUnit, .sick, "another seed was applied than it has now"))
        }
        if applied.isUnfinished {
            findings.append(.init(GuestLayout.applierUnit, .waiting, "its last run did not come to its end"))
        }
        return findings
            + applied.drift.map { .init($0.subject, title: "drift", .sick, $0.description) }
    }

    private var told: [HealthReport.Finding] {
        guard let report else {
            let units =
                failedUnits.map { HealthReport.Finding($0, .sick, "failed") }
                + (applied?.units ?? []).filter { !failedUnits.contains($0.subject) }
                .map { HealthReport.Finding($0.subject, .sick, $0.detail) }
            return hasOldApplier ? units : units + [.init("health", .unknown, "it did not say in time how it is")]
        }
        return report.findings
    }

    /// How far it has come, in a word; `healthy` when everything does what it is for.
    public var step: String {
        if power == .running, !isApplied, !hasFailed {
            if isApplierAtWork || cloudInit == .done { return BootStage.applying.rawValue }
            return (stage ?? (cloudInit == .unknown ? .booting : .cloudInit)).rawValue
        }
        return power == .running ? health.rawValue : power.rawValue
    }

    /// The unit whose log tells most: the first that something is wrong with, or the applier.
    public var unitToLookAt: String {
        complaints.first { $0.name.hasSuffix(".service") }?.name ?? GuestLayout.applierUnit
    }

    public var json: JSONValue {
        var object = JSONObject([
            ("name", .string(name)), ("role", .string(role.rawValue)), ("address", .string("\(address)")),
            ("power", .string(power.rawValue)), ("health", .string(health.rawValue)),
            ("complaints", .array(complaints.map(Self.json))), ("cloudInit", .string(cloudInit.rawValue)),
            ("generation", .integer(applied?.generation ?? 0)), ("current", .bool(isCurrent)),
            ("applied", .bool(isApplied)), ("green", .bool(isGreen)),
            ("drift", .strings((applied?.drift ?? []).map(\.description))),
            ("units", .strings((applied?.units ?? []).map(\.description))),
            ("failedUnits", .strings(failedUnits)), ("waiting", .strings(waiting)),
        ])
        object["stage"] = stage.map { .string($0.rawValue) }
        object["digest"] = applied?.manifest.map { .string("\($0)") }
        object["applier"] = applier.map { .string($0) }
        return .object(object)
    }

    private static func json(_ finding: HealthReport.Finding) -> JSONValue {
        var object = JSONObject([
            ("name", .string(finding.name)), ("title", .string(finding.title)),
            ("health", .string(finding.state.rawValue)),
        ])
        object["detail"] = finding.detail.map { .string($0) }
        return .object(object)
    }
}

/// A cluster as its machines tell of it.
public struct ClusterStatus: Hashable, Sendable {
    public let machines: [MachineStatus]
    /// What is wrong with the network that the machines share.
    public let faults: [String]
    /// What was tried to send outside; nil for an instance that is not sealed off.
    public let sealedOff: SealedOff?

    public init(_ machines: [MachineStatus], faults: [String] = [], sealedOff: SealedOff? = nil) {
        self.machines = machines
        self.faults = faults
        self.sealedOff = sealedOff
    }

    /// The worst of all.
    public var health: Health {
        faults.isEmpty ? machines.map(\.health).max() ?? .healthy : .sick
    }

    /// The nodes as the API has them; nil when no machine could ask it.
    public var nodes: [ClusterFacts.Node]? { facts(\.nodes) }

    /// By component, the machine that leads.
    public var leaders: [String: String] { facts(\.leaders) ?? [:] }

    /// Who has the API's address, as the load balancers that share it say: `haproxy-1 has it`. More than one where they do not agree.
    public var apiAddress: [String] {
        let told = machines.filter { $0.role == .loadBalancer && $0.power == .running }
            .compactMap { $0.report?.findings.first { $0.name == HealthCheck.apiAddress } }
        return Set(told.filter { $0.state == .healthy }.compactMap(\.detail)).sorted()
    }

    /// From a machine that is well, where one is: another one may tell of yesterday.
    private func facts<Fact>(_ fact: KeyPath<ClusterFacts, Fact?>) -> Fact? {
        let told = machines.sorted { $0.health < $1.health }.compactMap { $0.report?.cluster[keyPath: fact] }
        return told.first
    }

    /// What is not there, by payload.
    public var absent: [String] { Set(machines.flatMap(\.waiting)).sorted() }
}
