public import Values

/// What `slipway-apply status --json` says of a machine: the applier encodes it and the host decodes it, both here.
///
/// It comes from a guest: what is decoded is bounded and fit for a terminal.
public struct AppliedState: Hashable, Sendable {
    /// What the applier is doing, or was doing when it ended.
    public enum Run: String, Hashable, Sendable, CaseIterable {
        /// The last run came to its end.
        case ended
        /// A run is at work now.
        case working
        /// A run was cut short; the next one puts it right.
        case interrupted
    }

    /// One thing that is not as it should be.
    public struct Difference: Hashable, Sendable, CustomStringConvertible {
        /// A path, an account or a unit.
        public let subject: String
        public let detail: String?

        public init(subject: String, detail: String?) {
            self.subject = subject
            self.detail = detail
        }

        public var description: String { subject + (detail.map { ": \($0)" } ?? "") }

        init(decoding cursor: JSONCursor) throws(FormatError) {
            subject = printable(try cursor.required("subject").string())
            detail = try cursor.optional("detail").map { (text) throws(FormatError) in printable(try text.string()) }
        }

        var json: JSONValue {
            var object = JSONObject([("event", "drift"), ("subject", .string(subject))])
            object["detail"] = detail.map { .string($0) }
            return .object(object)
        }
    }

    /// The most entries of one list that are told; a machine with more is sick in a way that a longer list does not explain.
    public static let listLimit = 1000
    /// The most bytes that a report can take: what is longer is not one.
    public static let byteLimit = 4 << 20
    private static let limits = JSONLimits(byteCount: byteLimit, depth: 8)

    /// Who the machine is; nil before the first run.
    public struct Identity: Hashable, Sendable {
        public let cluster: String
        public let machine: String
        public let role: Role

        public init(cluster: String, machine: String, role: Role) {
            self.cluster = cluster
            self.machine = machine
            self.role = role
        }

        /// Nil when the document does not say.
        init?(decoding document: JSONCursor) throws(FormatError) {
            guard let cluster = try document.optional("cluster") else { return nil }
            self.cluster = try cluster.dnsLabel()
            machine = try document.required("machine").dnsLabel()
            role = try document.required("role").choice()
        }

        func encode(into object: inout JSONObject) {
            object["cluster"] = .string(cluster)
            object["machine"] = .string(machine)
            object["role"] = .string(role.rawValue)
        }
    }

    public let identity: Identity?
    /// 0 before the first run.
    public let generation: Int64
    /// Digest of the machine.json that was applied; nil before the first run.
    public let manifest: Digest?
    public let run: Run
    /// Whether restarts are owed, which the next run does.
    public let isPending: Bool
    /// Payloads that the machine lacks.
    public let waiting: [String]
    /// What is no longer as it was placed.
    public let drift: [Difference]
    /// Units that are not as they should be.
    public let units: [Difference]

    public init(
        identity: Identity? = nil, generation: Int64, manifest: Digest?, run: Run = .ended, isPending: Bool = false,
        waiting: [String] = [],
        drift: [Difference] = [], units: [Difference] = []
    ) {
        self.identity = identity
        self.generation = generation
        self.manifest = manifest
        self.run = run
        self.isPending = isPending
        self.waiting = Array(waiting.prefix(Self.listLimit))
        self.drift = Array(drift.prefix(Self.listLimit))
        self.units = Array(units.prefix(Self.listLimit))
    }

    /// Whether a run was cut short, is at work, or owes a restart.
    public var isUnfinished: Bool { run != .ended || isPending }

    /// Parses the one line of JSON. Members that are not known are left alone: the applier may be newer.
    public init(parsing bytes: [UInt8]) throws(FormatError) {
        let cursor = JSONCursor(try JSONParser.parse(bytes, limits: Self.limits))
        identity = try Identity(decoding: cursor)
        generation = try cursor.required("generation").integer(in: 0 ... .max)
        manifest = try cursor.optional("manifest")?.digest()
        run = try cursor.required("run").choice()
        isPending = try cursor.required("pending").bool()
        waiting = try cursor.entries("waiting", limit: Self.listLimit) { (entry) throws(FormatError) in
            try entry.payloadName()
        }
        drift = try cursor.entries("drift", limit: Self.listLimit) { (entry) throws(FormatError) in
            try Difference(decoding: entry)
        }
        units = try cursor.entries("units", limit: Self.listLimit) { (entry) throws(FormatError) in
            try Difference(decoding: entry)
        }
    }

    public var json: JSONValue {
        var object = JSONObject([
            ("event", "status"), ("generation", .integer(generation)), ("run", .string(run.rawValue)),
            ("pending", .bool(isPending)), ("waiting", .strings(waiting)), ("drift", .array(drift.map(\.json))),
            ("units", .array(units.map(\.json))),
        ])
        identity?.encode(into: &object)
        object["manifest"] = manifest.map { .string("\($0)") }
        return .object(object)
    }
}
