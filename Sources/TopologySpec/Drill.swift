public import Values

/// A drill as a person declares it, one file each under `drills/`: what breaks, where, for how long, and what is expected of the cluster.
public struct Drill: Hashable, Sendable {
    /// The file's name without its ending.
    public let name: String
    /// One line that tells what breaks.
    public let title: String
    public let fault: Fault
    /// Whom it hits.
    public let target: Target
    /// How long the fault lasts, in milliseconds.
    public let duration: Int
    /// Whether the machines are hit one after the other, each healed and healthy before the next one.
    public let isInTurn: Bool
    /// Whether it says nothing where Kubernetes' own servers do not run.
    public let needsKubernetes: Bool
    public let expectations: Expectations
    /// What there is to learn from it, in a few sentences.
    public let why: String

    public init(
        name: String, title: String, fault: Fault, target: Target, duration: Int, isInTurn: Bool = false,
        needsKubernetes: Bool = false, expectations: Expectations, why: String
    ) {
        self.name = name
        self.title = title
        self.fault = fault
        self.target = target
        self.duration = duration
        self.isInTurn = isInTurn
        self.needsKubernetes = needsKubernetes
        self.expectations = expectations
        self.why = why
    }

    /// What breaks.
    public enum Fault: Hashable, Sendable {
        /// systemd stops the unit.
        case stopUnit(String)
        /// The unit's processes get SIGKILL; systemd may start it again by itself.
        case killUnit(String)
        /// The unit's processes get SIGSTOP: they are there, and do nothing.
        case pauseUnit(String)
        /// The whole machine stands still.
        case freeze
        /// The machine shuts down in order.
        case powerOff
        /// The machine is gone from one moment to the next.
        case powerCut
        /// No packet goes between the targets and the others, in either direction.
        case cut(from: Target)
        /// What the targets send to the others is lost; what the others send arrives.
        case oneWayCut(from: Target)
        /// So many of a hundred packets that arrive at the targets are lost.
        case loss(percent: Int)
        /// The first bytes of a file that was placed there are overwritten.
        case corruptFile(String)
        /// A server's certificate, `PATH.crt` with `PATH.key`, is exchanged for one that no authority of the cluster has issued, and its unit is
        /// restarted.
        case foreignCertificate(String, unit: String)
        /// The file system of a directory is filled to the last byte.
        case fillDisk(String)
        /// So many of a hundred bytes of memory are in use.
        case useMemory(percent: Int)
        /// No name leads to an address any more.
        case noNames
        /// The clock is set by so many milliseconds, back where that is negative.
        case setClock(by: Int)
        /// Vault is sealed.
        case sealVault
        /// So many clients ask the API for everything, as fast as they are answered.
        case overload(clients: Int)
        /// The nodes are drained.
        case drain
        /// etcd's members lose what they have, and are restored from a snapshot that was taken just before.
        case restoreEtcd
        /// The cluster is brought to another bundle.
        case update

        /// As in a drill's file.
        public enum Kind: String, CaseIterable, Sendable {
            case stopUnit = "stop-unit"
            case killUnit = "kill-unit"
            case pauseUnit = "pause-unit"
            case freeze
            case powerOff = "power-off"
            case powerCut = "power-cut"
            case cut
            case oneWayCut = "one-way-cut"
            case loss
            case corruptFile = "corrupt-file"
            case foreignCertificate = "foreign-certificate"
            case fillDisk = "fill-disk"
            case useMemory = "use-memory"
            case noNames = "no-names"
            case setClock = "set-clock"
            case sealVault = "seal-vault"
            case overload
            case drain
            case restoreEtcd = "restore-etcd"
            case update
        }

        public var kind: Kind {
            switch self {
            case .stopUnit: .stopUnit
            case .killUnit: .killUnit
            case .pauseUnit: .pauseUnit
            case .freeze: .freeze
            case .powerOff: .powerOff
            case .powerCut: .powerCut
            case .cut: .cut
            case .oneWayCut: .oneWayCut
            case .loss: .loss
            case .corruptFile: .corruptFile
            case .foreignCertificate: .foreignCertificate
            case .fillDisk: .fillDisk
            case .useMemory: .useMemory
            case .noNames: .noNames
            case .setClock: .setClock
            case .sealVault: .sealVault
            case .overload: .overload
            case .drain: .drain
            case .restoreEtcd: .restoreEtcd
            case .update: .update
            }
        }
    }

    /// Machines, chosen when the drill begins.
    public enum Target: Hashable, Sendable, CustomStringConvertible {
        /// The member of etcd that leads.
        case leader
        /// So many members of etcd that do not lead.
        case followers(Int)
        /// So many machines of a role, the first in the bundle's order.
        case some(Int, Role)
        case all(Role)
        /// Half of them, rounded up.
        case half(Role)
        /// Those of the role that the drill does not hit.
        case others(Role)
        /// The load balancer that has the API's address.
        case active
        /// A load balancer that has it not.
        case standby
        /// Of each role with several machines the first half, rounded down: what stands in one rack.
        case rack
        /// All but the jump host, where the watch is.
        case everything
        case machine(String)

        /// `leader of etcd`, `2 followers of etcd`, `1 etcd`, `all worker`, `half of etcd`, `other etcd`, `active load-balancer`,
        /// `standby load-balancer`, `half of each role`, `all machines`, `machine etcd-1`.
        public init?(_ text: String) {
            let words = text.split(separator: " ").map(String.init)
            switch (words.count, words.first) {
            case _ where words == ["active", Role.loadBalancer.rawValue]: self = .active
            case _ where words == ["standby", Role.loadBalancer.rawValue]: self = .standby
            case _ where words == ["half", "of", "each", "role"]: self = .rack
            case _ where words == ["all", "machines"]: self = .everything
            case (3, "leader") where words[1] == "of" && words[2] == Role.etcd.rawValue: self = .leader
            case (3, "half"):
                guard words[1] == "of", let role = Role(rawValue: words[2]) else { return nil }
                self = .half(role)
            case (2, "all"), (2, "other"):
                guard let role = Role(rawValue: words[1]) else { return nil }
                self = words[0] == "all" ? .all(role) : .others(role)
            case (2, "machine"):
                guard DNSLabel.isValid(words[1]) else { return nil }
                self = .machine(words[1])
            case (2, _):
                guard let count = Self.count(words[0]), let role = Role(rawValue: words[1]) else { return nil }
                self = .some(count, role)
            case (4, _):
                guard let count = Self.count(words[0]), ["follower", "followers"].contains(words[1]),
                    words[2] == "of", words[3] == Role.etcd.rawValue
                else { return nil }
                self = .followers(count)
            default: return nil
            }
        }

        private static func count(_ text: String) -> Int? { Int(text).flatMap { (1...1000).contains($0) ? $0 : nil } }

        public var description: String {
            switch self {
            case .leader: "leader of etcd"
            case .followers(let count): "\(count) \(count == 1 ? "follower" : "followers") of etcd"
            case .some(let count, let role): "\(count) \(role.rawValue)"
            case .all(let role): "all \(role.rawValue)"
            case .half(let role): "half of \(role.rawValue)"
            case .others(let role): "other \(role.rawValue)"
            case .active: "active load-balancer"
            case .standby: "standby load-balancer"
            case .rack: "half of each role"
            case .everything: "all machines"
            case .machine(let name): "machine \(name)"
            }
        }
    }

    /// What the cluster should do; limits in milliseconds. That no acknowledged write is lost, and that reads and writes of registers can be put
    /// into one order, is expected always.
    public struct Expectations: Hashable, Sendable {
        /// The longest time without an acknowledged write.
        public var unavailableAtMost: Int?
        /// Without a majority nothing may be acknowledged for at least so long.
        public var unavailableAtLeast: Int?
        /// The longest time without a leader that a majority follows.
        public var leaderWithin: Int?
        /// The longest time without an answer of the API, each asked for over a new connection to the address that clients have.
        public var apiSilentAtMost: Int?
        /// The API may answer nobody for at least so long.
        public var apiSilentAtLeast: Int?
        /// From the healing until every machine is healthy.
        public var healthyWithin: Int
        /// `slipway-apply check` must name the file that was changed.
        public var checkSeesIt = false
        /// `slipway status` must complain of each machine that was hit, while it is.
        public var statusSeesIt = false
        /// At the end of the fault no pod that could run elsewhere is on a machine that was hit.
        public var podsMove = false

        public init(healthyWithin: Int) { self.healthyWithin = healthyWithin }
    }
}
