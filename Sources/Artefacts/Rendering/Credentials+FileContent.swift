import BuildPlan
import PKI

extension Credentials {
    /// The text of a file that consists of credentials alone.
    func text(of content: FileContent) throws -> String {
        switch content {
        case .leafCertificate(let kind, let chain): try chain ? certificateChain(kind) : certificate(kind)
        case .leafKey(let kind): try key(kind)
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
        case .template(let name, _): throw ArtefactError.noValues(name)
        case .kubeconfig: throw ArtefactError.noValues(.kubeconfig)
        }
    }
}
