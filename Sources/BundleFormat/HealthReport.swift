import Values

/// How well a machine, a unit or a part of the cluster is. In this order: the worst of several is the state of the whole.
public enum Health: String, Hashable, Sendable, CaseIterable, Comparable {
    /// Does what it is for.
    case healthy
    /// On its way: nothing is wrong yet, and the reason says what it waits for.
    case waiting
    /// Could not be asked.
    case unknown
    /// Does not do what it is for, or not reliably.
    case sick

    public static func < (left: Health, right: Health) -> Bool { left.severity < right.severity }

    private var severity: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// What `slipway-apply health --json` says of a machine: the applier encodes it and the host decodes it, both here.
///
/// It comes from a guest: what is decoded is bounded and fit for a terminal.
public struct HealthReport: Hashable, Sendable {
    /// What is said of one unit, or by one check of machine.json.
    public struct Finding: Hashable, Sendable {
        /// The unit's or the check's name; unique in a report.
        public let name: String
        /// For people: what was looked at, such as `etcd quorum`; for a unit its name.
        public let title: String
        public let state: Health
        /// Why it is not healthy, in words; where it is, what was seen, if there is something to say.
        public let detail: String?

        public init(_ name: String, title: String? = nil, _ state: Health, _ detail: String? = nil) {
            self.name = name
            self.title = title ?? name
            self.state = state
            self.detail = detail.map { printable($0, limit: HealthReport.detailLimit) }
        }

        init(decoding cursor: JSONCursor) throws(FormatError) {
            name = printable(try cursor.required("name").string(limit: 255), limit: 255)
            title = printable(try cursor.optional("title")?.string(limit: 255) ?? name, limit: 255)
            state = try cursor.required("state").choice()
            detail = try cursor.optional("detail").map { (text) throws(FormatError) in
                printable(try text.string(), limit: HealthReport.detailLimit)
            }
        }

        var json: JSONValue {
            var object = JSONObject([("name", .string(name)), ("state", .string(state.rawValue))])
            if title != name { object["title"] = .string(title) }
            object["detail"] = detail.map { .string($0) }
            return .object(object)
        }
    }

    /// The most findings that are told.
    public static let listLimit = 1000
    /// The longest reason, in characters.
    public static let detailLimit = 400
    /// The most bytes that a report can take: what is longer is not one.
    public static let byteLimit = 4 << 20

    /// Nil before the first run of the applier.
    public let identity: AppliedState.Identity?
    /// Units in start order, then the checks in the order of machine.json.
    public let findings: [Finding]
    /// Payloads that the machine lacks: what needs them is not looked at.
    public let absent: [String]
    /// What the machine knows of the cluster as a whole.
    public let cluster: ClusterFacts

    public init(
        identity: AppliedState.Identity?, findings: [Finding], absent: [String] = [],
        cluster: ClusterFacts = ClusterFacts()
    ) {
        self.identity = identity
        self.findings = Array(findings.prefix(Self.listLimit))
        self.absent = Array(absent.prefix(Self.listLimit))
        self.cluster = cluster
    }

    /// The worst of the findings.
    public var state: Health { findings.map(\.state).max() ?? .healthy }

    /// The findings that are not healthy, the worst first.
    public var complaints: [Finding] {
        Health.allCases.reversed().filter { $0 != .healthy }.flatMap { state in findings.filter { $0.state == state } }
    }

    /// Parses the one line of JSON. Members that are not known are left alone: the applier may be newer.
    public init(parsing bytes: [UInt8]) throws(FormatError) {
        let cursor = JSONCursor(try JSONParser.parse(bytes, limits: JSONLimits(byteCount: Self.byteLimit, depth: 8)))
        identity = try AppliedState.Identity(decoding: cursor)
        findings = try cursor.required("findings").list(limit: Self.listLimit) { (entry) throws(FormatError) in
            try Finding(decoding: entry)
        }
        absent = try cursor.entries("absent", limit: Self.listLimit) { (entry) throws(FormatError) in
            try entry.payloadName()
        }
        cluster = try ClusterFacts(decoding: cursor.required("cluster-facts"))
        let state = try cursor.required("state")
        guard try state.choice(Health.self) == self.state else {
            throw state.refused("does not follow from the findings")
        }
    }

    public var json: JSONValue {
        var object = JSONObject([
            ("event", "health"), ("state", .string(state.rawValue)), ("findings", .array(findings.map(\.json))),
            ("absent", .strings(absent)), ("cluster-facts", cluster.json),
        ])
        identity?.encode(into: &object)
        return .object(object)
    }
}

/// What one machine was told about the cluster, for a summary: each member is nil where it was not asked or has not answered.
public struct ClusterFacts: Hashable, Sendable {
    /// A node as the API sees it.
    public struct Node: Hashable, Sendable {
        public let name: String
        /// Its Ready condition is true.
        public let isReady: Bool
        /// Of its kubelet, such as `v1.36.2`; empty while the node has not registered.
        public let version: String
        /// Why it is not ready.
        public let detail: String?

        public init(name: String, isReady: Bool, version: String, detail: String? = nil) {
            self.name = name
            self.isReady = isReady
            self.version = printable(version, limit: 64)
            self.detail = detail.map { printable($0, limit: HealthReport.detailLimit) }
        }

        init(decoding cursor: JSONCursor) throws(FormatError) {
            self.init(
                name: try cursor.required("name").dnsLabel(), isReady: try cursor.required("ready").bool(),
                version: try cursor.required("version").string(), detail: try cursor.optional("detail")?.string())
        }

        var json: JSONValue {
            var object = JSONObject([
                ("name", .string(name)), ("ready", .bool(isReady)), ("version", .string(version)),
            ])
            object["detail"] = detail.map { .string($0) }
            return .object(object)
        }
    }

    /// The nodes that the topology has, in its order.
    public var nodes: [Node]?
    /// Who leads, a machine's name by the component's: `etcd`, `kube-controller-manager`, `kube-scheduler`.
    public var leaders: [String: String]?

    public init(nodes: [Node]? = nil, leaders: [String: String]? = nil) {
        self.nodes = nodes
        self.leaders = leaders
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        nodes = try cursor.optional("nodes").map { (list) throws(FormatError) in
            try list.list(limit: BundleDescription.machineLimit) { (node) throws(FormatError) in
                try Node(decoding: node)
            }
        }
        leaders = try cursor.optional("leaders").map { (pairs) throws(FormatError) in
            var leaders: [String: String] = [:]
            for (component, holder) in try pairs.stringPairs(limit: 20) {
                leaders[printable(component, limit: 64)] = printable(holder, limit: 64)
            }
            return leaders
        }
    }

    var json: JSONValue {
        var object = JSONObject()
        object["nodes"] = nodes.map { .array($0.map(\.json)) }
        object["leaders"] = leaders.map { .strings($0) }
        return .object(object)
    }
}
