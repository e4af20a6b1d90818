/// A systemd unit that the machine enables and starts.
public struct UnitPlan: Sendable, Hashable {
    public let name: String
    public let enable: Bool
    /// Files and payloads whose change restarts the unit, beside its own unit file.
    public let restartOn: [String]
    /// Seconds that its start may take before it counts as hung; nil where systemd's limit, which ends it, says so.
    public let startSeconds: Int64?

    public init(_ name: String, enable: Bool = true, restartOn: [String] = [], startSeconds: Int64? = nil) {
        self.name = name
        self.enable = enable
        self.restartOn = restartOn
        self.startSeconds = startSeconds
    }
}

/// A system account that a service runs as, with a group of the same name.
public struct AccountPlan: Sendable, Hashable {
    public let name: String
    public let home: String
    public let shell: String

    public init(service name: String, home: String) {
        self.name = name
        self.home = home
        shell = "/usr/sbin/nologin"
    }
}

/// A directory that must exist with these rights before files are placed or units start.
public struct DirectoryPlan: Sendable, Hashable {
    public let path: String
    public let mode: UInt16
    public let owner: String
    public let group: String

    public init(_ path: String, mode: UInt16 = 0o755, owner: String = "root", group: String? = nil) {
        self.path = path
        self.mode = mode
        self.owner = owner
        self.group = group ?? owner
    }
}
