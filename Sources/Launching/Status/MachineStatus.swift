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

    /// How far cloud-init has come in this boot.
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

    /// Whether nothing is wrong. Absent payloads are not wrong, they are waited for.
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

    /// How far it has come, in a word: `ready` when all that can be applied was.
    public var step: String {
        if isApplied { return "ready" }
        guard power == .running else { return power.rawValue }
        if hasFailed { return "failed" }
        if isApplierAtWork || cloudInit == .done { return BootStage.applying.rawValue }
        return (stage ?? (cloudInit == .unknown ? .booting : .cloudInit)).rawValue
    }

    public var json: JSONValue {
        var object = JSONObject([
            ("name", .string(name)), ("role", .string(role.rawValue)), ("address", .string("\(address)")),
            ("power", .string(power.rawValue)), ("cloudInit", .string(cloudInit.rawValue)),
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
}
