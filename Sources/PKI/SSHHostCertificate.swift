/// A signed SSH host certificate.
public struct SSHHostCertificate: Sendable, Hashable {
    /// The type, e.g. `ssh-ed25519-cert-v01@openssh.com`.
    public let algorithm: String
    public let spec: SSHCertificateSpec
    public let serial: UInt64
    /// The certificate in the wire encoding.
    public let blob: [UInt8]

    /// The content of `ssh_host_ed25519_key-cert.pub`, one line with its newline; the key ID is its comment.
    public var line: String { "\(algorithm) \(Base64.text(blob)) \(spec.keyID)\n" }
}
