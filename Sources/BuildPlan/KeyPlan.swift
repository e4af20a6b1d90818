public import ClusterModel

/// A key that will be derived from the secrets file.
public struct KeyPlan: Sendable, Hashable {
    public let kind: KeyKind
    /// The machine or `operator` whose own it is; nil for what a cluster has once.
    public let holder: String?
    /// From 1; raised in `pki.generations` to make a new key.
    public let generation: Int

    /// - Parameter holder: whose key it is, for kinds of which each holder has one.
    init(_ kind: KeyKind, of holder: String? = nil, in cluster: Cluster) {
        self.init(kind, of: holder, generation: cluster.pki.generation(of: kind, holder: holder))
    }

    private init(_ kind: KeyKind, of holder: String?, generation: Int) {
        self.kind = kind
        self.holder = holder
        self.generation = generation
    }

    /// How `pki.generations` names it.
    public var name: KeyName { KeyName(kind, holder: holder) }

    /// What all generations of the key have in common of their path, such as `pki/v1/leaf/kubelet-client/worker-1`.
    public var lineage: String { holder.map { "\(kind.branch)/\($0)" } ?? kind.branch }

    /// The path in the tree below the secrets file, such as `pki/v1/ca/etcd/g1`.
    public var path: String { "\(kind.branch)/\(pathInBranch)" }

    /// What follows ``KeyKind/branch`` in the path, such as `worker-1/g1`.
    public var pathInBranch: String { (holder.map { "\($0)/" } ?? "") + "g\(generation)" }

    /// The keys of a cluster that are neither an authority's nor a single holder's.
    ///
    /// Tokens that the last service account key signed, and what the last encryption key wrote, stay good through one
    /// rotation: of these the generation before is in use too.
    static func shared(in cluster: Cluster) -> [KeyPlan] {
        let current = ([.serviceAccount, .encryption, .sshAuthority] + SSHUser.allCases.map(KeyKind.sshUser)).map {
            KeyPlan($0, in: cluster)
        }
        return current.flatMap { key in
            let outlives = key.kind == .serviceAccount || key.kind == .encryption
            return outlives && key.generation > 1
                ? [key, KeyPlan(key.kind, of: nil, generation: key.generation - 1)] : [key]
        }
    }
}

extension KeyKind {
    /// Where the keys of this kind are in the tree below the secrets file, such as `pki/v1/leaf/kubelet-client`.
    ///
    /// These are part of every key that was ever made: a path that changes is a new key for everybody.
    public var branch: String {
        switch self {
        case .authority(let name): "pki/v1/ca/\(name.rawValue)"
        case .leaf(let kind): "pki/v1/leaf/\(kind.rawValue)"
        case .serviceAccount: "pki/v1/service-account"
        case .encryption: "kubernetes/v1/encryption"
        case .sshAuthority: "ssh/v1/ca"
        case .sshHost: "ssh/v1/host"
        case .sshUser(let user): "ssh/v1/user/\(user.rawValue)"
        }
    }
}
