public import BuildPlan
import ClusterModel
public import PKI
import Values

/// The cluster's authorities and shared keys, issued once; every holder's ``Credentials`` come from here.
public struct Authorities: Sendable {
    let keys: KeyTree
    let validity: CertificateDates
    let subject: PKISettings.SubjectFields
    let ssh: SSHCertificateAuthority
    let sshValidity: Validity
    private let byName: [AuthorityName: CertificateAuthority]
    private let pems: [AuthorityName: String]
    private let chains: [AuthorityName: String]
    private let settings: PKISettings
    /// Made once: every machine's `authorized_keys` names them.
    private let sshUserKeys: [SSHUser: SSHKeyPair]

    /// Derives all keys from the secret and issues root, intermediate and issuing authorities.
    ///
    /// - Throws: ``PKIError`` when a subject or a lifetime does not fit into a certificate.
    public init(plan: ClusterPlan, secret: MasterSecret) throws(PKIError) {
        let cluster = plan.cluster
        keys = KeyTree(root: secret)
        validity = CertificateDates(epoch: cluster.epoch)
        subject = cluster.pki.subject
        settings = cluster.pki
        var byName: [AuthorityName: CertificateAuthority] = [:]
        for authority in plan.authorities {
            let spec = CertificateSpec(
                path: authority.path, generation: authority.generation,
                subject: Subject(commonName: authority.commonName, fields: cluster.pki.subject),
                profile: .authority(pathLength: authority.name.pathLength),
                validity: try validity.validity(for: authority.lifetime))
            let key = try spec.key(in: keys)
            if let issuer = authority.name.issuer.flatMap({ byName[$0] }) {
                byName[authority.name] = try issuer.subordinate(spec, key: key)
            } else {
                byName[authority.name] = try .root(spec, key: key)
            }
        }
        self.byName = byName
        pems = byName.mapValues(\.certificate.pem)
        chains = byName.mapValues(\.chainPEM)
        let sshKey = try keys.descendant(path: "ssh/v1/ca/g\(settings.generation(of: "ssh-ca"))").p256Key()
        ssh = try SSHCertificateAuthority(key: sshKey, comment: "slipway \(cluster.name)")
        sshValidity = try validity.validity(for: cluster.pki.lifetimes.issuing)
        var users: [SSHUser: SSHKeyPair] = [:]
        for user in SSHUser.allCases {
            let generation = settings.generation(of: "ssh-\(user.rawValue)")
            let key = try keys.descendant(path: "ssh/v1/user/\(user.rawValue)/g\(generation)").ed25519Key()
            users[user] = try SSHKeyPair(key, comment: "slipway \(user.rawValue)")
        }
        sshUserKeys = users
    }

    func authority(_ name: AuthorityName) throws(ArtefactError) -> CertificateAuthority {
        guard let authority = byName[name] else { throw .noAuthority(name) }
        return authority
    }

    func pem(_ name: AuthorityName) throws(ArtefactError) -> String {
        guard let pem = pems[name] else { throw .noAuthority(name) }
        return pem
    }

    /// The authority's certificate and those above it without the root: what follows a leaf in a serving chain.
    func chain(_ name: AuthorityName) throws(ArtefactError) -> String {
        guard let chain = chains[name] else { throw .noAuthority(name) }
        return chain
    }

    /// The key that signs service account tokens, current generation first, then the one before it:
    /// tokens that the old key signed stay valid through one rotation.
    func serviceAccountKeys() throws(PKIError) -> [P256Key] {
        try recentGenerations(of: "service-account").map { (generation) throws(PKIError) in
            try keys.descendant(path: "pki/v1/service-account/g\(generation)").p256Key()
        }
    }

    /// Encryption-at-rest keys of 32 bytes, current generation first, then the one before it, so that what the
    /// old key encrypted can still be read.
    func encryptionKeys() throws(PKIError) -> [(name: String, bytes: [UInt8])] {
        try recentGenerations(of: "encryption").map { (generation) throws(PKIError) in
            ("g\(generation)", try keys.descendant(path: "kubernetes/v1/encryption/g\(generation)").bytes(count: 32))
        }
    }

    /// The key with which the operator or the jump host logs in.
    func sshUserKey(_ user: SSHUser) throws(ArtefactError) -> SSHKeyPair {
        guard let key = sshUserKeys[user] else { throw .noSSHKey(user) }
        return key
    }

    func sshHostKey(of machine: Machine) throws(PKIError) -> SSHKeyPair {
        let generation = settings.generation(of: "ssh-host", machine: machine.name)
        let key = try keys.descendant(path: "ssh/v1/host/\(machine.name)/g\(generation)").ed25519Key()
        return try SSHKeyPair(key, comment: machine.name)
    }

    private func recentGenerations(of kind: String) -> [Int] {
        let current = settings.generation(of: kind)
        return current > 1 ? [current, current - 1] : [current]
    }
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
