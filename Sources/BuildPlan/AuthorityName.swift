/// The certificate authorities, in the order they are issued.
public enum AuthorityName: String, Sendable, Hashable, CaseIterable {
    case root
    case intermediate
    /// Issues the API server's, kubelets' and clients' certificates.
    case kubernetes
    /// Signs what kube-controller-manager approves (CertificateSigningRequests). An authority of its own, so that
    /// the key on the control planes cannot issue in the name of `kubernetes`.
    case kubernetesCSR = "kubernetes-csr"
    case etcd
    case frontProxy = "front-proxy"

    /// The authority above; `nil` for the self-signed root.
    public var issuer: AuthorityName? {
        switch self {
        case .root: nil
        case .intermediate: .root
        case .kubernetes, .kubernetesCSR, .etcd, .frontProxy: .intermediate
        }
    }

    /// How many further authorities may follow below it (RFC 5280, pathLenConstraint).
    public var pathLength: Int {
        switch self {
        case .root: 2
        case .intermediate: 1
        default: 0
        }
    }
}
