public import BuildPlan
import ClusterModel
public import PKI
import Values

/// The cluster's authorities and shared keys, issued once; every holder's ``Credentials`` come from here.
public struct Authorities: Sendable {
    private let keys: KeyTree
    /// Where the keys of every holder branch off. A cluster of many machines asks for them again and again, and each label on
    /// the way costs as much as the key itself.
    private let branches: [KeyKind: KeyTree]
    let validity: CertificateDates
    let subject: PKISettings.SubjectFields
    let ssh: SSHCertificateAuthority
    let sshValidity: Validity
    private let byName: [AuthorityName: CertificateAuthority]
    private let pems: [AuthorityName: String]
    private let anchors: [AuthorityName: String]
    private let chains: [AuthorityName: String]
    private let plan: ClusterPlan
    /// Made once: every machine's `authorized_keys` names them.
    private let sshUserKeys: [SSHUser: SSHKeyPair]

    /// Derives all keys from the secret and issues root, intermediate and issuing authorities.
    ///
    /// - Throws: ``PKIError`` when a subject or a lifetime does not fit into a certificate; ``ArtefactError``.
    public init(plan: ClusterPlan, secret: MasterSecret) throws {
        let cluster = plan.cluster
        let keys = KeyTree(root: secret)
        self.keys = keys
        branches = (LeafKind.allCases.map(KeyKind.leaf) + [.sshHost]).reduce(into: [:]) { branches, kind in
            branches[kind] = keys.descendant(path: kind.branch)
        }
        validity = CertificateDates(epoch: cluster.epoch)
        subject = cluster.pki.subject
        self.plan = plan
        var byName: [AuthorityName: CertificateAuthority] = [:]
        for authority in plan.authorities {
            let spec = CertificateSpec(
                path: authority.key.lineage, generation: authority.key.generation,
                subject: Subject(commonName: authority.commonName, fields: cluster.pki.subject),
                profile: .authority(
                    pathLength: authority.name.pathLength, clientsOnly: authority.name.vouchesForClientsOnly),
                validity: try validity.validity(for: authority.lifetime))
            let key = try keys.node(of: authority.key).p256Key()
            if let issuer = authority.name.issuer.flatMap({ byName[$0] }) {
                byName[authority.name] = try issuer.subordinate(spec, key: key)
            } else {
                byName[authority.name] = try .root(spec, key: key)
            }
        }
        self.byName = byName
        pems = byName.mapValues(\.certificate.pem)
        anchors = byName.mapValues(\.anchor.pem)
        chains = byName.mapValues(\.chainPEM)
        guard let sshKey = plan.sharedKeys(.sshAuthority).first else { throw ArtefactError.noKey(.sshAuthority) }
        ssh = try SSHCertificateAuthority(
            key: keys.node(of: sshKey).p256Key(), comment: "slipway \(cluster.name)")
        sshValidity = try validity.validity(for: cluster.pki.lifetimes.issuing)
        var users: [SSHUser: SSHKeyPair] = [:]
        for user in SSHUser.allCases {
            guard let key = plan.sharedKeys(.sshUser(user)).first else { continue }
            users[user] = try SSHKeyPair(
                keys.node(of: key).ed25519Key(), comment: "slipway \(user.rawValue)")
        }
        sshUserKeys = users
    }

    func authority(_ name: AuthorityName) throws(ArtefactError) -> CertificateAuthority {
        guard let authority = byName[name] else { throw .noAuthority(name) }
        return authority
    }

    /// The authority's self-signed certificate.
    func anchor(_ name: AuthorityName) throws(ArtefactError) -> String {
        guard let pem = anchors[name] else { throw .noAuthority(name) }
        return pem
    }

    /// The authority's certificate as the one above has signed it.
    func pem(_ name: AuthorityName) throws(ArtefactError) -> String {
        guard let pem = pems[name] else { throw .noAuthority(name) }
        return pem
    }

    /// The authority's certificate and those above it without the root: what follows a leaf in a serving chain.
    func chain(_ name: AuthorityName) throws(ArtefactError) -> String {
        guard let chain = chains[name] else { throw .noAuthority(name) }
        return chain
    }

    /// The node of a planned key.
    func node(of key: KeyPlan) -> KeyTree {
        branches[key.kind]?.descendant(path: key.pathInBranch) ?? keys.node(of: key)
    }

    /// The keys that sign and verify service account tokens, the current generation first.
    func serviceAccountKeys() throws(PKIError) -> [P256Key] {
        try plan.sharedKeys(.serviceAccount).map { (key) throws(PKIError) in
            try keys.node(of: key).p256Key()
        }
    }

    /// Encryption-at-rest keys of 32 bytes, the current generation first.
    func encryptionKeys() throws(PKIError) -> [(name: String, bytes: [UInt8])] {
        try plan.sharedKeys(.encryption).map { (key) throws(PKIError) in
            ("g\(key.generation)", try keys.node(of: key).bytes(count: 32))
        }
    }

    /// The key with which the operator or the jump host logs in.
    func sshUserKey(_ user: SSHUser) throws(ArtefactError) -> SSHKeyPair {
        guard let key = sshUserKeys[user] else { throw .noKey(.sshUser(user)) }
        return key
    }
}

extension KeyTree {
    /// The node of a planned key, seen from the root: the one way from a plan to a key.
    fileprivate func node(of key: KeyPlan) -> KeyTree { descendant(path: key.path) }
}

/// When certificates begin and end, from the epoch alone.
struct CertificateDates: Sendable {
    let epoch: Timestamp

    /// From a little before the epoch to `lifetime` after it.
    func validity(for lifetime: Lifetime) throws(PKIError) -> Validity {
        try Validity(
            notBefore: epoch.advanced(bySeconds: -PKISettings.backdate.seconds), notAfter: epoch.advanced(by: lifetime))
    }
}

extension Subject {
    /// A subject with its own name and groups, and the fields that the topology gives to all certificates.
    ///
    /// A client's organisations are Kubernetes groups, so the topology's organisation is added only where there is none.
    init(commonName: String, organizations: [String] = [], isClient: Bool = false, fields: PKISettings.SubjectFields) {
        let own = organizations.isEmpty && !isClient ? fields.organization.map { [$0] } ?? [] : organizations
        self.init(
            commonName: commonName, organizations: own,
            organizationalUnits: fields.organizationalUnit.map { [$0] } ?? [], country: fields.country,
            state: fields.province, locality: fields.locality)
    }
}
