import Values

/// What a machine tells while it becomes what its seed says, one line of JSON each: the applier writes it (`--json`, and on the
/// machine's console), the host reads it.
public enum GuestReport: Hashable, Sendable {
    /// cloud-init has begun, and with it the applier's own part. Said by the shell in `templates/cloud-init/user-data`.
    case cloudInit
    /// The applier has begun a run.
    case begun
    case event(GuestEvent)
    /// A run came to its end.
    case summary(ApplySummary)
    /// A run was given up; the exit status of the applier, and why.
    case failure(exit: Int64, message: String)

    /// The longest line that is read, in bytes: it holds the longest text that is written, every byte of it escaped.
    public static let lineLimit = 16 << 10
    /// The longest of its texts, in characters.
    public static let textLimit = 400

    public var json: JSONValue {
        switch self {
        case .cloudInit: ["event": "cloud-init"]
        case .begun: ["event": "begun"]
        case .event(let event): event.json
        case .summary(let summary): summary.json
        case .failure(let exit, let message):
            ["event": "error", "exit": .integer(exit), "message": .string(printable(message, limit: Self.textLimit))]
        }
    }

    public init(parsing bytes: [UInt8]) throws(FormatError) {
        let cursor = JSONCursor(
            try JSONParser.parse(bytes, limits: JSONLimits(byteCount: Self.lineLimit, depth: 4)))
        switch try cursor.required("event").string() {
        case "cloud-init": self = .cloudInit
        case "begun": self = .begun
        case "summary": self = .summary(try ApplySummary(decoding: cursor))
        case "error":
            self = .failure(
                exit: try cursor.required("exit").integer(in: 0...255),
                message: printable(try cursor.required("message").string(), limit: Self.textLimit))
        default: self = .event(try GuestEvent(decoding: cursor))
        }
    }

    // MARK: Consoles

    /// Stands before a report on a console, where anything else may be written too.
    public static let consoleMark = "@slipway "

    /// The report as it is written on a console: on a line of its own, whatever was written before.
    ///
    /// Nothing in it but printable text: JSON escapes what breaks a line, and texts are `printable` already.
    public var consoleLine: [UInt8] {
        Array("\r\n\(Self.consoleMark)".utf8) + CanonicalJSON.encode(json) + Array("\r\n".utf8)
    }

    /// Nil for a line that is something else, or that another program wrote into.
    public init?(consoleLine line: some StringProtocol) {
        guard line.utf8.count <= Self.lineLimit, line.hasPrefix(Self.consoleMark) else { return nil }
        var text = line.dropFirst(Self.consoleMark.count)
        while text.last == "\r" || text.last == "\r\n" || text.last == "\n" { text.removeLast() }
        guard let report = try? GuestReport(parsing: Array(text.utf8)) else { return nil }
        self = report
    }
}

/// One thing that happened to a machine, or one way in which it is not as it should be.
public struct GuestEvent: Hashable, Sendable {
    public enum Verb: String, Hashable, Sendable, CaseIterable {
        // Files and directories.
        case made, placed, corrected, removed, restored, saved, recovered
        // Accounts, packages, images.
        case created, installed, imported
        // Units.
        case enabled, started, restarted, stopped
        // States.
        case waiting, starting, failed, drift, ok

        /// Tells how something is, and not what was done to it.
        var isState: Bool { [.waiting, .starting, .failed, .drift].contains(self) }
    }

    public let verb: Verb
    /// A path, an account, a payload or a unit.
    public let subject: String
    public let detail: String?

    public init(_ verb: Verb, _ subject: String, _ detail: String? = nil) {
        self.verb = verb
        self.subject = printable(subject, limit: PathRule.maximumLength)
        self.detail = detail.map { printable($0, limit: GuestReport.textLimit) }
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        self.init(
            try cursor.required("event").choice(), try cursor.required("subject").string(),
            try cursor.optional("detail")?.string())
    }

    /// `placed /etc/hosts`, `waiting: etcd (payload absent)`: a colon after what is not an act.
    public var text: String {
        verb.rawValue + (verb.isState ? ": " : " ") + subject + (detail.map { " (\($0))" } ?? "")
    }

    /// `{"detail":…,"event":"placed","subject":"/etc/hosts"}`
    public var json: JSONValue {
        var object = JSONObject([("event", .string(verb.rawValue)), ("subject", .string(subject))])
        object["detail"] = detail.map { .string($0) }
        return .object(object)
    }
}

/// The last line of `apply` and `rollback`.
public struct ApplySummary: Hashable, Sendable {
    public let generation: Int
    public let changed: Int
    public let removed: Int
    public let unchanged: Int
    /// Payloads that cannot be had yet.
    public let waiting: [String]
    /// Units and images that did not come up.
    public let failed: [String]

    /// The most names that are told of each kind.
    public static let listLimit = 100

    public init(generation: Int, changed: Int, removed: Int, unchanged: Int, waiting: [String], failed: [String]) {
        self.generation = generation
        self.changed = changed
        self.removed = removed
        self.unchanged = unchanged
        self.waiting = Array(waiting.prefix(Self.listLimit))
        self.failed = Array(failed.prefix(Self.listLimit))
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        func count(_ key: String) throws(FormatError) -> Int {
            Int(try cursor.required(key).integer(in: 0...Int64(Int32.max)))
        }
        func names(_ key: String) throws(FormatError) -> [String] {
            try cursor.entries(key, limit: Self.listLimit) { (name) throws(FormatError) in printable(try name.string())
            }
        }
        generation = try count("generation")
        changed = try count("changed")
        removed = try count("removed")
        unchanged = try count("unchanged")
        waiting = try names("waiting")
        failed = try names("failed")
    }

    /// `generation 3: 2 changed, 1 removed, 25 unchanged`
    public var text: String {
        var text = "generation \(generation): \(changed) changed, \(removed) removed, \(unchanged) unchanged"
        if !waiting.isEmpty { text += ", \(waiting.count) waiting" }
        if !failed.isEmpty { text += ", \(failed.count) failed" }
        return text
    }

    public var json: JSONValue {
        [
            "event": "summary", "generation": .integer(Int64(generation)), "changed": .integer(Int64(changed)),
            "removed": .integer(Int64(removed)), "unchanged": .integer(Int64(unchanged)), "waiting": .strings(waiting),
            "failed": .strings(failed),
        ]
    }
}
