public import Values

/// Lifetimes, generations and the shared subject fields of all certificates.
public struct PKISettings: Sendable, Hashable {
    public struct Lifetimes: Sendable, Hashable {
        public let root: Lifetime
        public let intermediate: Lifetime
        public let issuing: Lifetime
        public let leaf: Lifetime
    }

    /// Subject fields that every certificate carries beside its own common name and organisation.
    public struct SubjectFields: Sendable, Hashable {
        public let organization: String?
        public let organizationalUnit: String?
        public let country: String?
        public let province: String?
        public let locality: String?
    }

    public let lifetimes: Lifetimes
    public let subject: SubjectFields
    /// Written generations by key; everything else is generation 1.
    public let generations: [String: Int]

    /// The generation of a key: the machine's own entry, else the kind's, else 1.
    public func generation(of kind: String, machine: String? = nil) -> Int {
        if let machine, let own = generations["\(kind)/\(machine)"] { return own }
        return generations[kind] ?? 1
    }

    /// How far certificates are dated back, so that a clock some minutes behind accepts them.
    public static let backdate = Lifetime(seconds: 3600)

    /// The kinds of key that have a generation, in the words of the topology.
    public static let keyKinds = [
        "root", "intermediate", "kubernetes", "kubernetes-csr", "etcd", "front-proxy",
        "kube-apiserver", "apiserver-kubelet-client", "apiserver-etcd-client", "front-proxy-client",
        "kube-controller-manager", "kube-scheduler", "admin", "kube-proxy", "kubelet-server", "kubelet-client",
        "etcd-server", "etcd-peer", "etcd-healthcheck-client", "vault", "service-account", "encryption",
        "ssh-ca", "ssh-host", "ssh-operator", "ssh-jump",
    ]
}
