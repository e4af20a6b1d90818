public import BundleFormat
import HostSystem
public import Values

/// `attempts.json` of an instance that is sealed off: what its machines tried to send outside, counted while it happened.
public struct AttemptLog: Hashable, Sendable {
    public static let version: Int64 = 1
    /// The most kinds of attempts that are told apart; what is beyond is counted together.
    static let limit = 2000

    /// What tells one kind of attempt from another.
    public struct Kind: Hashable, Sendable {
        /// The machine at the cable that it came from; nil for a card that no machine of the bundle has.
        public let machine: String?
        public let destination: String
        /// `tcp`, `udp`, `icmp`, or `ip-N`.
        public let transport: String
        public let port: UInt16?
        /// What a DNS question asked for.
        public let name: String?
        /// Nil where it could not be seen: in a virtual machine, or because it had ended.
        public let process: Sender?

        public init(
            machine: String?, destination: String, transport: String, port: UInt16?, name: String?, process: Sender?
        ) {
            self.machine = machine
            self.destination = destination
            self.transport = transport
            self.port = port
            self.name = name
            self.process = process
        }

        /// `udp 192.0.2.1:53`
        public var target: String {
            let host = destination.contains(":") && port != nil ? "[\(destination)]" : destination
            return "\(transport) \(host)" + (port.map { ":\($0)" } ?? "") + (name.map { " for \($0)" } ?? "")
        }
    }

    /// The process that a packet came from.
    public struct Sender: Hashable, Sendable {
        /// The kernel's short name for it.
        public let program: String
        /// The systemd unit it belongs to.
        public let unit: String?
        /// As the machine numbers accounts.
        public let account: UInt32

        public init(program: String, unit: String?, account: UInt32) {
            self.program = program
            self.unit = unit
            self.account = account
        }

        public var text: String { "\(program), uid \(account)" + (unit.map { ", \($0)" } ?? "") }
    }

    public struct Count: Hashable, Sendable {
        public var packets: Int64
        public let first: Timestamp
        public var last: Timestamp
    }

    /// A time in which nobody counted.
    public struct Gap: Hashable, Sendable {
        public let from: Timestamp
        public let to: Timestamp
    }

    /// When counting began: before the first machine had a cable.
    public let since: Timestamp
    /// Until when it is known to have gone on.
    public private(set) var until: Timestamp
    public private(set) var counts: [Kind: Count] = [:]
    /// Packets beyond ``limit`` kinds.
    public private(set) var uncounted: Int64 = 0
    /// Packets that came faster than they could be looked at, by the kernel's count.
    public var lost: Int64 = 0
    public private(set) var gaps: [Gap] = []

    public init(since: Timestamp) { (self.since, until) = (since, since) }

    /// Every packet that was seen.
    public var total: Int64 { counts.values.reduce(uncounted) { $0 + $1.packets } }

    /// Whether nothing can have escaped the count while it lasted.
    public var isWhole: Bool { gaps.isEmpty && lost == 0 }

    /// The most frequent first.
    public var sorted: [(kind: Kind, count: Count)] {
        counts.map { (kind: $0.key, count: $0.value) }.sorted {
            ($1.count.packets, $0.kind.machine ?? "", $0.kind.target, $0.kind.process?.text ?? "")
                < ($0.count.packets, $1.kind.machine ?? "", $1.kind.target, $1.kind.process?.text ?? "")
        }
    }

    public mutating func count(_ kind: Kind, at time: Timestamp) {
        until = max(until, time)
        if counts[kind] == nil, counts.count >= Self.limit {
            uncounted += 1
            return
        }
        counts[kind, default: Count(packets: 0, first: time, last: time)].packets += 1
        counts[kind]?.last = time
    }

    public mutating func goesOn(at time: Timestamp) { until = max(until, time) }

    /// Notes that counting begins again after a time without.
    public mutating func resume(at time: Timestamp) {
        if time > until { gaps.append(Gap(from: until, to: time)) }
        until = max(until, time)
    }
}

extension AttemptLog {
    /// Nil when nothing was ever counted.
    public static func read(_ paths: InstancePaths) throws(LaunchError) -> AttemptLog? {
        guard let bytes = try Files.read(paths.attempts) else { return nil }
        do throws(FormatError) { return try AttemptLog(parsing: bytes) } catch {
            throw .damaged(path: paths.attempts, reason: "\(error)")
        }
    }

    public init(parsing bytes: [UInt8]) throws(FormatError) {
        let cursor = JSONCursor(try JSONParser.parse(bytes, limits: JSONLimits(byteCount: 16 << 20, depth: 6)))
        let version = try cursor.required("version").integer(in: 1 ... .max)
        guard version <= Self.version else {
            throw .futureVersion(document: "attempts.json", found: version, reader: "slipway", supported: Self.version)
        }
        try cursor.only(["version", "since", "until", "attempts", "uncounted", "lost", "gaps"])
        since = try cursor.required("since").timestamp()
        until = try cursor.required("until").timestamp()
        uncounted = try cursor.required("uncounted").integer(in: 0 ... .max)
        lost = try cursor.required("lost").integer(in: 0 ... .max)
        gaps = try cursor.required("gaps").list(limit: 10_000) { (gap) throws(FormatError) in
            Gap(from: try gap.required("from").timestamp(), to: try gap.required("to").timestamp())
        }
        let entries = try cursor.required("attempts").list(limit: Self.limit) { (entry) throws(FormatError) in
            (try Kind(decoding: entry), try Count(decoding: entry))
        }
        counts = Dictionary(entries) { first, _ in first }
    }

    public var json: JSONValue {
        [
            "version": .integer(Self.version), "since": .string("\(since)"), "until": .string("\(until)"),
            "uncounted": .integer(uncounted), "lost": .integer(lost),
            "gaps": .array(gaps.map { ["from": .string("\($0.from)"), "to": .string("\($0.to)")] }),
            "attempts": .array(sorted.map { .object($0.kind.json(with: $0.count)) }),
        ]
    }
}

extension AttemptLog.Kind {
    fileprivate init(decoding cursor: JSONCursor) throws(FormatError) {
        try cursor.only([
            "machine", "destination", "transport", "port", "name", "program", "unit", "account", "packets", "first",
            "last",
        ])
        machine = try cursor.optional("machine")?.dnsLabel()
        destination = try cursor.required("destination").line(limit: 64)
        transport = try cursor.required("transport").line(limit: 16)
        port = try cursor.optional("port").map { (port) throws(FormatError) in
            UInt16(try port.integer(in: 0...65_535))
        }
        name = try cursor.optional("name")?.line(limit: 256)
        guard let program = try cursor.optional("program") else {
            process = nil
            return
        }
        process = AttemptLog.Sender(
            program: try program.line(limit: 64), unit: try cursor.optional("unit")?.line(limit: 256),
            account: UInt32(try cursor.required("account").integer(in: 0...Int64(UInt32.max))))
    }

    fileprivate func json(with count: AttemptLog.Count) -> JSONObject {
        var object = JSONObject([
            ("destination", .string(destination)), ("transport", .string(transport)),
            ("packets", .integer(count.packets)), ("first", .string("\(count.first)")),
            ("last", .string("\(count.last)")),
        ])
        object["machine"] = machine.map { .string($0) }
        object["port"] = port.map { .integer(Int64($0)) }
        object["name"] = name.map { .string($0) }
        object["program"] = process.map { .string($0.program) }
        object["unit"] = process?.unit.map { .string($0) }
        object["account"] = process.map { .integer(Int64($0.account)) }
        return object
    }
}

extension AttemptLog.Count {
    fileprivate init(decoding cursor: JSONCursor) throws(FormatError) {
        packets = try cursor.required("packets").integer(in: 1 ... .max)
        first = try cursor.required("first").timestamp()
        last = try cursor.required("last").timestamp()
    }
}
