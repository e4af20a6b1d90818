/// A systemd unit the applier enables and starts.
public struct MachineUnit: Hashable, Sendable {
    public let name: String
    /// Enabled, so that it comes back after a reboot.
    public let isEnabled: Bool
    /// Started by the applier.
    public let isStarted: Bool
    /// Paths of files or names of payloads; the unit is restarted when one of them changed.
    public let restartOn: [String]

    public init(name: String, isEnabled: Bool, isStarted: Bool, restartOn: [String] = []) {
        self.name = name
        self.isEnabled = isEnabled
        self.isStarted = isStarted
        self.restartOn = restartOn
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        try cursor.only(["name", "enable", "start", "restartOn"])
        name = try cursor.required("name").unitName()
        isEnabled = try cursor.required("enable").bool()
        isStarted = try cursor.required("start").bool()
        restartOn = try cursor.entries("restartOn") { (entry) throws(FormatError) in try entry.name(limit: 4096) }
    }

    var json: JSONValue {
        var object = JSONObject([
            ("name", .string(name)), ("enable", .bool(isEnabled)), ("start", .bool(isStarted)),
        ])
        if !restartOn.isEmpty { object["restartOn"] = .strings(restartOn) }
        return .object(object)
    }
}
