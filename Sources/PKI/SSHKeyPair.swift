import Crypto

/// An SSH key pair with its comment: a host key (Ed25519) or a user's key.
public struct SSHKeyPair: Sendable {
    public let publicKey: SSHPublicKey
    public let comment: String

    private let privateFields: [UInt8]

    /// - Throws: `PKIError.invalidSSHText` if the comment has a control character.
    public init(_ key: Ed25519Key, comment: String) throws(PKIError) {
        try self.init(
            publicKey: SSHPublicKey(key), comment: comment,
            privateFields: SSHWire.data { $0.string(key.seed + key.publicKey) })
    }

    /// - Throws: `PKIError.invalidSSHText` if the comment has a control character.
    public init(_ key: P256Key, comment: String) throws(PKIError) {
        try self.init(
            publicKey: SSHPublicKey(key.publicKey), comment: comment,
            privateFields: SSHWire.data { $0.mpint(key.rawRepresentation) })
    }

    private init(publicKey: SSHPublicKey, comment: String, privateFields: [UInt8]) throws(PKIError) {
        try SSHText.validate(comment, field: "key comment", singleWord: false)
        self.publicKey = publicKey
        self.comment = comment
        self.privateFields = privateFields
    }

    /// The line of a `.pub` file or of `authorized_keys`, with its newline.
    public var publicLine: String { publicKey.line(comment: comment) }

    /// The private key file, `OPENSSH PRIVATE KEY`, not encrypted (OpenSSH's PROTOCOL.key).
    ///
    /// OpenSSH draws the check number at random, only to see that decryption worked; here it comes from the public
    /// key, so that the file is always the same.
    public var privateFile: String {
        let blob = publicKey.blob
        let check = Array(SHA256.hash(data: blob).prefix(4))
        var secret = SSHWire.data {
            $0.raw(check + check)
            $0.raw(blob)
            $0.raw(privateFields)
            $0.string(comment)
        }
        let padding = (8 - secret.count % 8) % 8
        secret += (0..<padding).map { UInt8($0 + 1) }
        let file = SSHWire.data {
            $0.raw(Array("openssh-key-v1\0".utf8))
            $0.string("none")
            $0.string("none")
            $0.string("")
            $0.uint32(1)
            $0.string(blob)
            $0.string(secret)
        }
        return PEM.text(label: "OPENSSH PRIVATE KEY", der: file, width: 70)
    }
}

extension SSHKeyPair: Redacted {}
