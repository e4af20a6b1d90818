/// What systemd says of a unit (`systemctl show`).
struct UnitState: Hashable {
    /// Asked for in one call for all units; the answers come in the order of the units, separated by empty lines.
    static let properties = [
        "LoadState", "ActiveState", "SubState", "UnitFileState", "Job", "Type", "RemainAfterExit", "Result",
        "ExecMainStartTimestampMonotonic", "ConditionResult", "ConditionTimestampMonotonic",
    ]

    private let values: [String: String]

    init(parsing block: some StringProtocol) {
        var values: [String: String] = [:]
        for line in block.split(separator: "\n") {
            guard let equals = line.firstIndex(of: "=") else { continue }
            values[String(line[..<equals])] = String(line[line.index(after: equals)...])
        }
        self.values = values
    }

    /// The states of `count` units; units that systemd does not answer for are `not-found`.
    static func states(_ output: String, count: Int) -> [UnitState] {
        var blocks: [[Substring]] = [[]]
        for line in output.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.isEmpty { blocks.append([]) } else { blocks[blocks.count - 1].append(line) }
        }
        var states = blocks.filter { !$0.isEmpty }.map { UnitState(parsing: $0.joined(separator: "\n")) }
        while states.count < count { states.append(UnitState(parsing: "LoadState=not-found")) }
        return states
    }

    subscript(property: String) -> String? { values[property] }

    var active: String { values["ActiveState"] ?? "inactive" }
    var sub: String { values["SubState"] ?? "dead" }
    var isLoaded: Bool { values["LoadState"] == "loaded" }
    var loadState: String { values["LoadState"] ?? "unknown" }
    var result: String { values["Result"] ?? "" }

    var isActive: Bool { active == "active" || active == "reloading" }
    var isFailed: Bool { active == "failed" }
    /// On its way up, or waiting for its turn.
    var isStarting: Bool { active == "activating" || (values["Job"] ?? "0") != "0" && (values["Job"] ?? "") != "" }

    /// Nothing more is to be enabled: enabled, or of a kind that cannot be.
    var isEnabled: Bool {
        ["enabled", "enabled-runtime", "static", "alias", "indirect", "generated", "linked", "transient"]
            .contains(values["UnitFileState"] ?? "")
    }

    /// It has done its work and is not meant to stay: a finished oneshot, or a condition that does not hold here.
    var isFinished: Bool {
        guard active == "inactive" else { return false }
        let hasRun =
            values["Type"] == "oneshot" && values["RemainAfterExit"] == "no" && result == "success"
            && (values["ExecMainStartTimestampMonotonic"] ?? "0") != "0"
        let isNotForHere = values["ConditionResult"] == "no" && (values["ConditionTimestampMonotonic"] ?? "0") != "0"
        return hasRun || isNotForHere
    }
}
