/// What a certificate may be used for; it decides basic constraints, key usage and extended key usage.
public enum CertificateProfile: Sendable, Hashable {
    /// Signs certificates and revocation lists. `pathLength` counts the authorities allowed below, not the leaf.
    case authority(pathLength: Int)
    /// TLS server.
    case server
    /// TLS client.
    case client
    /// Both, which etcd needs: its peers and its own health check connect with the server certificate.
    case serverAndClient

    var isAuthority: Bool {
        if case .authority = self { true } else { false }
    }

    var servesTLS: Bool { self == .server || self == .serverAndClient }
}

extension CertificateProfile: CustomStringConvertible {
    public var description: String {
        switch self {
        case .authority(let pathLength): "authority(pathLength: \(pathLength))"
        case .server: "server"
        case .client: "client"
        case .serverAndClient: "serverAndClient"
        }
    }
}
