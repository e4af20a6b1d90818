/// Every kind of key that follows from the secrets file. The raw value is its word in `pki.generations`.
///
/// Kinds are written here and nowhere else: the resolver accepts these words, the plan makes a key of each.
public enum KeyKind: Sendable, Hashable {
    case authority(AuthorityName)
    case leaf(LeafKind)
    /// Signs service account tokens.
    case serviceAccount
    /// Encrypts Secrets in etcd.
    case encryption
    /// Signs the machines' SSH host keys.
    case sshAuthority
    case sshHost
    case sshUser(SSHUser)

    /// Whether each holder, a machine or the operator, has a key of its own; the others exist once in a cluster.
    public var isPerHolder: Bool {
        switch self {
        case .leaf, .sshHost: true
        case .authority, .serviceAccount, .encryption, .sshAuthority, .sshUser: false
        }
    }

    /// The holder of the operator's keys, which is no machine.
    public static let operatorName = "operator"
}

/// The certificate authorities, in the order they are issued.
public enum AuthorityName: String, Sendable, Hashable, CaseIterable {
    case root
    case intermediate
    /// Issues the API server's, kubelets', Vault's and Kubernetes clients' certificates.
    case kubernetes
    /// Signs what kube-controller-manager approves (CertificateSigningRequests): clients only. An authority of its own, so
    /// that the key on the control planes cannot issue in the name of `kubernetes`.
    case kubernetesCSR = "kubernetes-csr"
    /// Issues what etcd's clients and members show on the client port.
    case etcd
    /// Issues what etcd's members show each other: no client's certificate opens the peer port, which could make a member.
    case etcdPeers = "etcd-peers"
    case frontProxy = "front-proxy"
}

/// Every kind of certificate that ends a chain.
public enum LeafKind: String, Sendable, Hashable, CaseIterable {
    case apiserver = "kube-apiserver"
    case apiserverKubeletClient = "apiserver-kubelet-client"
    case apiserverEtcdClient = "apiserver-etcd-client"
    case frontProxyClient = "front-proxy-client"
    case controllerManager = "kube-controller-manager"
    case scheduler = "kube-scheduler"
    /// People who administer: rights that an add-on gives and a person can take away.
    case admin
    /// For the day when nobody has rights any more: above RBAC, and good until it expires.
    case superAdmin = "super-admin"
    case kubeProxy = "kube-proxy"
    case kubeletServer = "kubelet-server"
    case kubeletClient = "kubelet-client"
    case etcdServer = "etcd-server"
    case etcdPeer = "etcd-peer"
    case etcdHealthcheckClient = "etcd-healthcheck-client"
    case vault
}

/// Who holds an SSH key that opens machines.
public enum SSHUser: String, Sendable, Hashable, CaseIterable {
    /// The person at the host; the key is among the operator's files.
    case `operator`
    /// The jump host's account, for going on to every other machine.
    case jump
}

extension KeyKind: CaseIterable, RawRepresentable {
    public static let allCases: [KeyKind] =
        AuthorityName.allCases.map(KeyKind.authority) + LeafKind.allCases.map(KeyKind.leaf)
        + [.serviceAccount, .encryption, .sshAuthority, .sshHost] + SSHUser.allCases.map(KeyKind.sshUser)

    private static let byWord = Dictionary(uniqueKeysWithValues: allCases.map { ($0.rawValue, $0) })

    public init?(rawValue: String) {
        guard let kind = Self.byWord[rawValue] else { return nil }
        self = kind
    }

    public var rawValue: String {
        switch self {
        case .authority(let name): name.rawValue
        case .leaf(let kind): kind.rawValue
        case .serviceAccount: "service-account"
        case .encryption: "encryption"
        case .sshAuthority: "ssh-ca"
        case .sshHost: "ssh-host"
        case .sshUser(let user): "ssh-\(user.rawValue)"
        }
    }
}

/// What an entry of `pki.generations` names: all keys of a kind, or one holder's.
public struct KeyName: Sendable, Hashable {
    public let kind: KeyKind
    /// A machine, or ``KeyKind/operatorName``.
    public let holder: String?

    public init(_ kind: KeyKind, holder: String? = nil) {
        self.kind = kind
        self.holder = holder
    }
}

extension KeyName: CustomStringConvertible {
    /// `KIND` or `KIND/HOLDER`, as it is written in a topology.
    public var description: String { kind.rawValue + (holder.map { "/\($0)" } ?? "") }
}
