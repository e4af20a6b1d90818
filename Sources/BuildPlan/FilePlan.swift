public import ClusterModel
public import Values

/// A file that will exist, on a machine or among the operator's files; not rendered yet.
public struct FilePlan: Sendable, Hashable {
    /// Absolute on a machine; relative among the operator's files.
    public let path: String
    public let content: FileContent
    /// Permission bits, such as `0o644`. Secret files are never wider than `0o640`.
    public let mode: UInt16
    public let owner: String
    public let group: String

    public init(
        _ path: String, _ content: FileContent, mode: UInt16? = nil, owner: String = "root", group: String? = nil
    ) {
        self.path = path
        self.content = content
        self.mode = mode ?? (content.exposure == .secret ? 0o600 : 0o644)
        self.owner = owner
        self.group = group ?? owner
    }

    /// A file made from a template that needs nothing from the secrets file.
    public static func rendered(
        _ path: String, _ template: TemplateName, mode: UInt16? = nil, owner: String = "root", group: String? = nil
    ) -> FilePlan {
        FilePlan(path, .template(template, .open), mode: mode, owner: owner, group: group)
    }
}

/// Where a file's bytes come from.
public enum FileContent: Sendable, Hashable {
    /// A template; `exposure` says whether its values may come from the secrets file.
    case template(TemplateName, Exposure)
    /// A file of `templates/programs/`, byte by byte.
    case program(TemplateName)
    /// A kubeconfig that authenticates with a leaf of the holder and trusts the root; `server` is the API's URL.
    case kubeconfig(LeafKind, server: String)
    /// A leaf's certificate in PEM; a server's is followed by its issuing and intermediate ones, for who trusts the root alone.
    case leafCertificate(LeafKind)
    /// A leaf's private key in PEM (PKCS#8).
    case leafKey(LeafKind)
    /// What its reader trusts: these authorities in PEM, each as a self-signed certificate and so as an end of the chain
    /// for every TLS library (docs/trust.md).
    case trust([AuthorityName])
    /// Authorities' certificates in PEM as the authority above has signed them, in this order: a chain.
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
        case .program: .open
        case .leafCertificate, .trust, .authorityCertificates, .serviceAccountPublicKeys, .sshHostPublicKey,
            .sshHostCertificate,
            .sshUserPublicKey, .authorizedKeys:
            .derived
        case .kubeconfig, .leafKey, .authorityKey, .serviceAccountKey, .sshHostKey, .sshUserKey: .secret
        }
    }

    /// The template's path, or a word for what makes the bytes.
    public var origin: String {
        switch self {
        case .template(let name, _), .program(let name): name.path
        case .kubeconfig: TemplateName.kubeconfig.path
        case .leafCertificate(let kind): "pki:\(kind.rawValue)"
        case .leafKey(let kind): "pki:\(kind.rawValue)"
        case .trust(let names): "trust:" + names.map(\.rawValue).joined(separator: "+")
        case .authorityCertificates(let names): "pki:" + names.map(\.rawValue).joined(separator: "+")
        case .authorityKey(let name): "pki:\(name.rawValue)"
        case .serviceAccountKey, .serviceAccountPublicKeys: "pki:service-account"
        case .sshHostKey, .sshHostPublicKey, .sshHostCertificate: "pki:ssh-host"
        case .sshUserKey(let user), .sshUserPublicKey(let user): "pki:ssh-\(user.rawValue)"
        case .authorizedKeys: "pki:authorized-keys"
        }
    }
}

/// The path of a template below the templates directory, such as `etcd/etcd.service`.
///
/// Each consumer's plan names its templates in an extension, next to the files that are made from them.
public struct TemplateName: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    public let path: String

    public init(stringLiteral path: String) { self.path = path }

    public var description: String { path }
}
