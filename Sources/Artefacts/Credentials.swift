public import BuildPlan
public import ClusterModel
public import PKI
import Values

/// What one holder, a machine or the operator, gets from the secrets file: its own leaves and the public side of the rest.
public struct Credentials: Sendable {
    let authorities: Authorities
    private let holder: String
    private let machine: Machine?
    private let accounts: [UserAccount]
    private let leaves: [LeafKind: Leaf]
    private let hostKey: SSHKeyPair?

    /// Issues the machine's leaves.
    public init(for plan: MachinePlan, of cluster: Cluster, from authorities: Authorities) throws {
        let key = try authorities.node(of: plan.hostKey).ed25519Key()
        try self.init(
            leaves: plan.leaves, holder: plan.machine.name, machine: plan.machine,
            hostKey: SSHKeyPair(key, comment: plan.machine.name), cluster, authorities)
    }

    /// Issues the operator's leaves.
    public init(forOperatorOf plan: ClusterPlan, from authorities: Authorities) throws {
        try self.init(
            leaves: plan.operator.leaves, holder: KeyKind.operatorName, machine: nil, hostKey: nil, plan.cluster,
            authorities)
    }

    private init(
        leaves: [LeafPlan], holder: String, machine: Machine?, hostKey: SSHKeyPair?, _ cluster: Cluster,
        _ authorities: Authorities
    ) throws {
        self.authorities = authorities
        self.holder = holder
        self.machine = machine
        self.hostKey = hostKey
        accounts = cluster.users
        var issued: [LeafKind: Leaf] = [:]
        for leaf in leaves { issued[leaf.kind] = try Self.issue(leaf, from: authorities) }
        self.leaves = issued
    }

    private static func issue(_ plan: LeafPlan, from authorities: Authorities) throws -> Leaf {
        let names = try plan.dnsNames.map { try AlternativeName.dns($0) }
        let addresses = plan.addresses.map(AlternativeName.address)
        let profile: CertificateProfile =
            switch plan.usage {
            case .server: .server
            case .client: .client
            case .serverAndClient: .serverAndClient
            }
        let spec = CertificateSpec(
            path: plan.key.lineage, generation: plan.key.generation,
            subject: Subject(
                commonName: plan.commonName, organizations: plan.organizations, isClient: plan.usage == .client,
                fields: authorities.subject),
            alternativeNames: names + addresses, profile: profile,
            validity: try authorities.validity.validity(for: plan.lifetime))
        let key = try authorities.node(of: plan.key).p256Key()
        let certificate = try authorities.authority(plan.authority).issue(spec, for: key.publicKey)
        return Leaf(plan: plan, certificate: certificate, key: key)
    }

    private func leaf(_ kind: LeafKind) throws(ArtefactError) -> Leaf {
        guard let leaf = leaves[kind] else { throw .noLeaf(kind, holder: holder) }
        return leaf
    }

    // MARK: X.509

    /// The leaf's certificate in PEM; a server's is followed by its issuing and intermediate ones.
    public func certificate(_ kind: LeafKind) throws(ArtefactError) -> String {
        let leaf = try leaf(kind)
        // Whoever checks a client trusts its issuer; a person who asks a server may know the root alone.
        guard leaf.plan.usage != .client else { return leaf.certificate.pem }
        return try leaf.certificate.pem + authorities.chain(leaf.plan.authority)
    }

    /// The leaf's private key in PEM (PKCS#8).
    public func key(_ kind: LeafKind) throws(ArtefactError) -> String { try leaf(kind).key.pkcs8PEM }

    /// What trusts these authorities, in PEM.
    public func trust(_ names: [AuthorityName]) throws(ArtefactError) -> String {
        try names.map { (name) throws(ArtefactError) in try authorities.anchor(name) }.joined()
    }

    /// The authorities' certificates in PEM as they were issued, in this order.
    public func authorities(_ names: [AuthorityName]) throws(ArtefactError) -> String {
        try names.map { (name) throws(ArtefactError) in try authorities.pem(name) }.joined()
    }

    // MARK: Kubernetes

    /// Encryption-at-rest keys in Base64, current generation first.
    public func encryptionKeys() throws(PKIError) -> [(name: String, base64: String)] {
        try authorities.encryptionKeys().map { ($0.name, Base64.text($0.bytes)) }
    }

    // MARK: SSH

    /// The public key that signs host certificates, as `TYPE BASE64`.
    public var sshAuthorityKey: String { authorities.ssh.publicKey.text }

    /// The machine's SSH host key.
    func sshHostKey() throws(ArtefactError) -> SSHKeyPair {
        guard let hostKey else { throw .notForMachine }
        return hostKey
    }

    /// The host certificate, valid for the machine's name and address.
    func sshHostCertificate() throws -> String {
        let machine = try requireMachine()
        let spec = SSHCertificateSpec(
            keyID: machine.name, principals: [machine.name, machine.address.description],
            validity: authorities.sshValidity)
        return try authorities.ssh.hostCertificate(spec, for: sshHostKey().publicKey).line
    }

    /// The lines of `authorized_keys` for an account: the topology's keys, the operator's, and except on the jump host
    /// itself the jump host's.
    public func authorizedKeys(account: String) throws(ArtefactError) -> [String] {
        let written = accounts.first { $0.name == account }?.sshKeys ?? []
        // Only the first account is the operator's and the jump host's.
        guard account == accounts.first?.name else { return written }
        let users: [SSHUser] = machine?.role == .jump ? [.operator] : [.operator, .jump]
        return try written
            + users.map { (user) throws(ArtefactError) in
                let key = try authorities.sshUserKey(user)
                return "\(key.publicKey.text) \(key.comment)"
            }
    }

    private func requireMachine() throws(ArtefactError) -> Machine {
        guard let machine else { throw .notForMachine }
        return machine
    }
}

/// A leaf certificate with its key, and what is written of them.
struct Leaf: Sendable {
    let plan: LeafPlan
    let certificate: IssuedCertificate
    let key: P256Key
}

extension Credentials {
    /// The text of a file that consists of credentials alone.
    func text(of content: FileContent) throws -> String {
        switch content {
        case .leafCertificate(let kind): try certificate(kind)
        case .leafKey(let kind): try key(kind)
        case .trust(let names): try trust(names)
        case .authorityCertificates(let names): try authorities(names)
        case .authorityKey(let name): try authorities.authority(name).key.pkcs8PEM
        case .serviceAccountKey: try authorities.serviceAccountKeys().first?.sec1PEM ?? ""
        case .serviceAccountPublicKeys: try authorities.serviceAccountKeys().map(\.publicKeyPEM).joined()
        case .sshHostKey: try sshHostKey().privateFile
        case .sshHostPublicKey: try sshHostKey().publicLine
        case .sshHostCertificate: try sshHostCertificate()
        case .sshUserKey(let user): try authorities.sshUserKey(user).privateFile
        case .sshUserPublicKey(let user): try authorities.sshUserKey(user).publicLine
        case .authorizedKeys(let account): try authorizedKeys(account: account).map { $0 + "\n" }.joined()
        case .template(let name, _), .program(let name): throw ArtefactError.noValues(name)
        case .kubeconfig: throw ArtefactError.noValues(.kubeconfig)
        }
    }
}
