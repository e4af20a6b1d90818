public import Values

/// One thing that is looked at to tell whether a machine does what it is for. Machines of one role have the same checks: nothing in
/// here is a machine's own name or address.
///
/// The applier makes the probe, with a limit of time, and judges what came back. That a unit runs is not said here: every unit of a
/// machine is looked at anyway.
public struct HealthCheck: Hashable, Sendable {
    /// The most checks of a machine.
    public static let listLimit = 100
    /// The longest that a probe may take, in seconds.
    public static let timeLimit: Int64 = 60

    /// How to ask.
    public enum Probe: Hashable, Sendable {
        /// A GET by HTTP without TLS, which is for servers on the machine itself. An answer that is not 200 is no success.
        case http(address: IPv4Address, port: UInt16, path: String)
        /// The address of a name, asked of a DNS server over UDP (RFC 1035).
        case dns(server: IPv4Address, name: String)
        /// What systemd calls the unit's sub-state.
        case unit(String)
        /// A program, run without a shell, without capabilities and without a terminal.
        case program(Program)
    }

    /// A program and with which rights it runs.
    public struct Program: Hashable, Sendable {
        public let path: String
        public let arguments: [String]
        /// All of its environment but PATH and the locale.
        public let environment: [String: String]
        /// The account that owns the credentials it needs.
        public let user: String

        public init(_ path: String, _ arguments: [String], environment: [String: String] = [:], user: String) {
            self.path = path
            self.arguments = arguments
            self.environment = environment
            self.user = user
        }
    }

    /// What counts as healthy.
    public enum Judgement: Hashable, Sendable {
        /// A program that exits with 0, an answer of 200.
        case success
        /// That, and the text is in the answer. For a unit: the text is its sub-state; for a name: the text is one of its addresses.
        case says(String)
        /// The answer is a JSON object whose member is this text; the text of another member is the reason if it is not.
        case member(String, equals: String, reason: String)
        /// HAProxy's statistics as CSV: every server of the backend is up.
        case haproxyServers(backend: String)
        /// `etcdctl endpoint status --write-out=fields`: every one of the members answers, and all name the same leader.
        case etcdMembers([String])
        /// Lines of a node's name, its Ready condition's status, its kubelet's version and the condition's message, separated
        /// by tabs: every one of the nodes is Ready.
        case nodes([String])
        /// Lines of a lease's name, its holder, the time of its last renewal and the seconds it is good for, separated by tabs: every
        /// one of the components has a leader that renewed in time.
        case leaders([String])
    }

    /// The check of load balancers whose answer says which of them has the API's address.
    public static let apiAddress = "api-address"

    /// A name within the machine, such as `etcd-quorum`.
    public let name: String
    /// What it shows, for people: `etcd quorum`.
    public let title: String
    /// Units of this machine that must run before it is worth asking.
    public let units: [String]
    /// Seconds after which the answer is no longer waited for.
    public let seconds: Int64
    /// Seconds for which a failure means that it is still on its way, counted from the start of the units it needs, or of the
    /// machine if it needs none.
    public let patience: Int64
    public let probe: Probe
    public let judgement: Judgement

    public init(
        _ name: String, _ title: String, needs units: [String] = [], seconds: Int64 = 5, patience: Int64 = 30,
        _ probe: Probe, _ judgement: Judgement = .success
    ) {
        self.name = name
        self.title = title
        self.units = units
        self.seconds = seconds
        self.patience = patience
        self.probe = probe
        self.judgement = judgement
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        try cursor.only(["name", "title", "units", "seconds", "patience", "probe", "healthy"])
        name = try cursor.required("name").dnsLabel()
        title = try cursor.required("title").name(limit: 80)
        units = try cursor.entries("units", limit: 20) { (unit) throws(FormatError) in try unit.unitName() }
        seconds = try cursor.required("seconds").integer(in: 1...Self.timeLimit)
        patience = try cursor.required("patience").integer(in: 0...3600)
        probe = try Probe(decoding: cursor.required("probe"))
        judgement = try Judgement(decoding: cursor.required("healthy"))
    }

    var json: JSONValue {
        var object = JSONObject([
            ("name", .string(name)), ("title", .string(title)), ("seconds", .integer(seconds)),
            ("patience", .integer(patience)), ("probe", probe.json), ("healthy", judgement.json),
        ])
        if !units.isEmpty { object["units"] = .strings(units) }
        return .object(object)
    }
}

extension HealthCheck.Probe {
    private enum Kind: String, CaseIterable { case http, dns, unit, program }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        let kind: Kind = try cursor.required("kind").choice()
        switch kind {
        case .http:
            try cursor.only(["kind", "address", "port", "path"])
            let path = try cursor.required("path")
            guard try path.name(limit: 255).hasPrefix("/"), try !path.string().contains(" ") else {
                throw path.refused("expected the path of a URL, such as \"/health\"")
            }
            self = .http(
                address: try cursor.required("address").ipv4Address(),
                port: UInt16(try cursor.required("port").integer(in: 1...65535)), path: try path.string())
        case .dns:
            try cursor.only(["kind", "server", "name"])
            let name = try cursor.required("name")
            guard
                try name.string(limit: 253).split(separator: ".", omittingEmptySubsequences: false)
                    .allSatisfy({ DNSLabel.isValid(String($0)) })
            else { throw name.refused("expected a domain name, such as \"kubernetes.default.svc.cluster.local\"") }
            self = .dns(server: try cursor.required("server").ipv4Address(), name: try name.string())
        case .unit:
            try cursor.only(["kind", "unit"])
            self = .unit(try cursor.required("unit").unitName())
        case .program:
            try cursor.only(["kind", "path", "arguments", "environment", "user"])
            let environment = try cursor.optional("environment")
            let pairs = try environment?.stringPairs(limit: 20) ?? [:]
            for (name, value) in pairs where !HealthCheck.Program.isVariable(name, value) {
                throw cursor.refused("\"\(printable(name))\" is no variable of an environment")
            }
            self = .program(
                HealthCheck.Program(
                    try cursor.required("path").absolutePath(),
                    try cursor.entries("arguments", limit: 40) { (word) throws(FormatError) in
                        try word.line(limit: 1024)
                    },
                    environment: pairs, user: try cursor.required("user").accountName()))
        }
    }

    /// The units of this machine that it looks at.
    public var units: [String] {
        if case .unit(let unit) = self { [unit] } else { [] }
    }

    var json: JSONValue {
        switch self {
        case .http(let address, let port, let path):
            ["kind": "http", "address": .string("\(address)"), "port": .integer(Int64(port)), "path": .string(path)]
        case .dns(let server, let name):
            ["kind": "dns", "server": .string("\(server)"), "name": .string(name)]
        case .unit(let unit): ["kind": "unit", "unit": .string(unit)]
        case .program(let program): program.json
        }
    }
}

extension HealthCheck.Program {
    fileprivate static func isVariable(_ name: String, _ value: String) -> Bool {
        let isName = name.utf8.allSatisfy {
            (65...90).contains($0) || (48...57).contains($0) || $0 == UInt8(ascii: "_")
        }
        return isName && !name.isEmpty && value.utf8.allSatisfy { (0x20..<0x7F).contains($0) }
    }

    fileprivate var json: JSONValue {
        var object = JSONObject([
            ("kind", "program"), ("path", .string(path)), ("arguments", .strings(arguments)), ("user", .string(user)),
        ])
        if !environment.isEmpty { object["environment"] = .strings(environment) }
        return .object(object)
    }
}

extension HealthCheck.Judgement {
    private enum Kind: String, CaseIterable {
        case success, says, member, nodes, leaders
        case haproxyServers = "haproxy-servers"
        case etcdMembers = "etcd-members"
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        let kind: Kind = try cursor.required("kind").choice()
        switch kind {
        case .success:
            try cursor.only(["kind"])
            self = .success
        case .says:
            try cursor.only(["kind", "text"])
            self = .says(try cursor.required("text").name())
        case .member:
            try cursor.only(["kind", "member", "equals", "reason"])
            self = .member(
                try cursor.required("member").name(), equals: try cursor.required("equals").name(),
                reason: try cursor.required("reason").name())
        case .haproxyServers:
            try cursor.only(["kind", "backend"])
            self = .haproxyServers(backend: try cursor.required("backend").dnsLabel())
        case .etcdMembers: self = .etcdMembers(try Self.names(cursor))
        case .nodes: self = .nodes(try Self.names(cursor))
        case .leaders: self = .leaders(try Self.names(cursor))
        }
    }

    private static func names(_ cursor: JSONCursor) throws(FormatError) -> [String] {
        try cursor.only(["kind", "names"])
        return try cursor.required("names").list(limit: BundleDescription.machineLimit) { (name) throws(FormatError) in
            try name.dnsLabel()
        }
    }

    var json: JSONValue {
        switch self {
        case .success: ["kind": "success"]
        case .says(let text): ["kind": "says", "text": .string(text)]
        case .member(let member, let expected, let reason):
            ["kind": "member", "member": .string(member), "equals": .string(expected), "reason": .string(reason)]
        case .haproxyServers(let backend): ["kind": "haproxy-servers", "backend": .string(backend)]
        case .etcdMembers(let names): ["kind": "etcd-members", "names": .strings(names)]
        case .nodes(let names): ["kind": "nodes", "names": .strings(names)]
        case .leaders(let names): ["kind": "leaders", "names": .strings(names)]
        }
    }
}
