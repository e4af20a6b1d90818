/// Where a file's bytes come from.
public enum FileContent: Sendable, Hashable {
    /// A template; `exposure` says whether its values may come from the secrets file.
    case template(TemplateName, Exposure)
    /// A kubeconfig that authenticates with a leaf of the holder and trusts the root; `server` is the API's URL.
    case kubeconfig(LeafKind, server: String)
    /// A leaf's certificate in PEM, followed by its issuing and intermediate certificates when `chain` is set.
    case leafCertificate(LeafKind, chain: Bool)
    /// A leaf's private key in PEM (PKCS#8).
    case leafKey(LeafKind)
    /// Authorities' certificates in PEM, in this order.
    case authorityCertificates([AuthorityName])
    /// An authority's private key in PEM (PKCS#8).
    case authorityKey(AuthorityName)
    /// The key that signs service account tokens (SEC 1, the only form kube-apiserver takes for EC).
    case serviceAccountKey
    /// The public keys that verify tokens: the current generation and, after a rotation, the one before.
    case serviceAccountPublicKeys
    /// The machine's SSH host key (OpenSSH format).
    case sshHostKey
    case sshHostPublicKey
    /// The machine's SSH host certificate, signed by the cluster's SSH authority.
    case sshHostCertificate
    /// The private key with which people log in (`operator`) or the jump host does (`jump`).
    case sshUserKey(SSHUser)
    case sshUserPublicKey(SSHUser)
    /// `authorized_keys` for an account: the topology's keys, the operator's, and on all but the jump host the jump host's.
    case authorizedKeys(account: String)

    /// Into which part of a bundle the bytes may go.
    public var exposure: Exposure {
        switch self {
        case .template(_, let exposure): exposure
        case .leafCertificate, .authorityCertificates, .serviceAccountPublicKeys, .sshHostPublicKey,
            .sshHostCertificate,
            .sshUserPublicKey, .authorizedKeys:
            .derived
        case .kubeconfig, .leafKey, .authorityKey, .serviceAccountKey, .sshHostKey, .sshUserKey: .secret
        }
    }

    /// The template's path, or a word for what makes the bytes.
    public var origin: String {
        switch self {
        case .template(let name, _): name.path
        case .kubeconfig: TemplateName.kubeconfig.path
        case .leafCertificate(let kind, _): "pki:\(kind.rawValue)"
        case .leafKey(let kind): "pki:\(kind.rawValue)"
        case .authorityCertificates(let names): "pki:" + names.map(\.rawValue).joined(separator: "+")
        case .authorityKey(let name): "pki:\(name.rawValue)"
        case .serviceAccountKey, .serviceAccountPublicKeys: "pki:service-account"
        case .sshHostKey, .sshHostPublicKey, .sshHostCertificate: "pki:ssh-host"
        case .sshUserKey(let user), .sshUserPublicKey(let user): "pki:ssh-\(user.rawValue)"
        case .authorizedKeys: "pki:authorized-keys"
        }
    }
}
