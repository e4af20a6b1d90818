import Crypto

/// A detached SSH signature (OpenSSH's PROTOCOL.sshsig) that `ssh-keygen -Y verify` accepts.
public struct SSHSignature: Sendable, Hashable {
    public let namespace: String
    public let publicKey: SSHPublicKey
    /// The signature in the wire encoding, without armour.
    public let blob: [UInt8]

    /// Signs a message for one purpose; a verifier must name the same namespace.
    ///
    /// - Throws: `PKIError.invalidSSHText` unless the namespace is one word; `PKIError.signatureRejected`.
    public init(signing message: [UInt8], with key: P256Key, namespace: String) throws(PKIError) {
        try SSHText.validate(namespace, field: "signature namespace", singleWord: true)
        let hashName = "sha512"
        let signed = SSHWire.data {
            $0.raw(Self.magic)
            $0.string(namespace)
            $0.string("")
            $0.string(hashName)
            $0.string(Array(SHA512.hash(data: message)))
        }
        let signature = try Self.blob(key.signature(for: signed))
        let publicKey = SSHPublicKey(key.publicKey)
        self.namespace = namespace
        self.publicKey = publicKey
        blob = SSHWire.data {
            $0.raw(Self.magic)
            $0.uint32(1)
            $0.string(publicKey.blob)
            $0.string(namespace)
            $0.string("")
            $0.string(hashName)
            $0.string(signature)
        }
    }

    /// The content of a `.sig` file.
    public var armoured: String { PEM.text(label: "SSH SIGNATURE", der: blob, width: 70) }

    /// The line for an `allowed_signers` file: this key may sign for `principal` in this namespace only.
    ///
    /// - Throws: `PKIError.invalidSSHText` unless the principal is one word.
    public func allowedSignersLine(principal: String) throws(PKIError) -> String {
        try SSHText.validate(principal, field: "principal", singleWord: true)
        return "\(principal) namespaces=\"\(namespace)\" \(publicKey.text)\n"
    }

    private static let magic = Array("SSHSIG".utf8)

    /// The signature blob of RFC 5656, 3.1.2.
    static func blob(_ signature: ECDSASignature) -> [UInt8] {
        SSHWire.data {
            $0.string("ecdsa-sha2-nistp256")
            $0.string(
                SSHWire.data { pair in
                    pair.mpint(signature.r)
                    pair.mpint(signature.s)
                })
        }
    }
}
