/// A systemd unit that the machine enables and starts.
public struct UnitPlan: Sendable, Hashable {
    public let name: String
    public let enable: Bool
    public let start: Bool
    /// Files and payloads whose change restarts the unit, beside its own unit file.
    public let restartOn: [String]

    public init(_ name: String, enable: Bool = true, start: Bool = true, restartOn: [String] = []) {
        self.name = name
        self.enable = enable
        self.start = start
        self.restartOn = restartOn
    }
}
