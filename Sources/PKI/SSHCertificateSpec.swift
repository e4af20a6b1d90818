import ClusterModel
import Crypto
import Values

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
