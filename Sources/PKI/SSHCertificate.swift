import ClusterModel
import Crypto
import Values

/// An `ecdsa-sha2-nistp256` authority that signs host certificates, so that no one is asked to trust an unknown host.
public struct SSHCertificateAuthority: Sendable {
    public let publicKey: SSHPublicKey
    public let comment: String

    private let key: P256Key

    /// - Throws: `PKIError.invalidSSHText` if the comment has a control character.
    public init(key: P256Key, comment: String) throws(PKIError) {
        try SSHText.validate(comment, field: "key comment", singleWord: false)
        self.key = key
        self.comment = comment
        publicKey = SSHPublicKey(key.publicKey)
    }

    /// The line of a `.pub` file, with its newline.
    public var publicLine: String { publicKey.line(comment: comment) }

    /// A certificate for a host's public key (OpenSSH's PROTOCOL.certkeys).
    ///
    /// - Throws: `PKIError.noPrincipals` without host names, since OpenSSH refuses such a host certificate;
    ///   `PKIError.invalidSSHText` for a principal, key ID or comment that does not fit on its line.
    public func hostCertificate(_ spec: SSHCertificateSpec, for host: SSHPublicKey) throws(PKIError)
        -> SSHHostCertificate
    {
        try spec.validate()
        let body = SSHWire.data {
            $0.raw(host.fields)
            $0.uint64(spec.serial(for: host))
            $0.uint32(2)
            $0.string(spec.keyID)
            $0.string(SSHWire.data { list in for principal in spec.principals { list.string(principal) } })
            $0.uint64(UInt64(spec.validity.notBefore.secondsSince1970))
            $0.uint64(UInt64(spec.validity.notAfter.secondsSince1970))
            $0.string("")
            $0.string("")
            $0.string("")
            $0.string(publicKey.blob)
        }
        let algorithm = host.algorithm + "-cert-v01@openssh.com"
        let unsigned = SSHWire.data {
            $0.string(algorithm)
            // The nonce guards against chosen-prefix collisions by whoever asks for a certificate; nobody chooses here.
            $0.string(Array(SHA256.hash(data: Array("slipway/v1/ssh-nonce".utf8) + body)))
            $0.raw(body)
        }
        let signature = try key.signature(for: unsigned).sshBlob
        return SSHHostCertificate(
            algorithm: algorithm, spec: spec, serial: spec.serial(for: host),
            blob: SSHWire.data {
                $0.raw(unsigned)
                $0.string(signature)
            })
    }
}

extension SSHCertificateAuthority: Redacted {}

/// What an SSH host certificate says.
public struct SSHCertificateSpec: Sendable, Hashable {
    /// Names the certificate in sshd's log.
    public var keyID: String
    /// The names and addresses of the host; a client compares them with what it was asked to connect to.
    public var principals: [String]
    /// OpenSSH leaves out the last second, X.509 counts it in.
    public var validity: Validity

    public init(keyID: String, principals: [String], validity: Validity) {
        self.keyID = keyID
        self.principals = principals
        self.validity = validity
    }

    func validate() throws(PKIError) {
        try SSHText.validate(keyID, field: "key ID", singleWord: false)
        guard !principals.isEmpty else { throw .noPrincipals(keyID: keyID) }
        for principal in principals { try SSHText.validate(principal, field: "principal", singleWord: true) }
    }

    /// 64 bits that change with anything the certificate says; never 0, which OpenSSH takes for "no serial".
    func serial(for host: SSHPublicKey) -> UInt64 {
        let content = SSHWire.data {
            $0.string("slipway/v1/ssh-serial")
            $0.string(host.blob)
            $0.string(keyID)
            for principal in principals { $0.string(principal) }
            $0.uint64(UInt64(bitPattern: validity.notBefore.secondsSince1970))
            $0.uint64(UInt64(bitPattern: validity.notAfter.secondsSince1970))
        }
        let number = SHA256.hash(data: content).prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return max(number, 1)
    }
}

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
