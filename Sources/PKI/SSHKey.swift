import Crypto

/// An SSH public key, `ssh-ed25519` (RFC 8709) or `ecdsa-sha2-nistp256` (RFC 5656).
public struct SSHPublicKey: Sendable, Hashable {
    /// The name of the key type.
    public let algorithm: String
    /// The fields of the key without its type, as a certificate repeats them.
    let fields: [UInt8]

    public init(_ key: Ed25519Key) {
        algorithm = "ssh-ed25519"
        fields = SSHWire.data { $0.string(key.publicKey) }
    }

    public init(_ key: P256PublicKey) {
        algorithm = "ecdsa-sha2-nistp256"
        fields = SSHWire.data {
            $0.string("nistp256")
            $0.string(key.x963)
        }
    }

    /// The key in the wire encoding.
    public var blob: [UInt8] {
        SSHWire.data {
            $0.string(algorithm)
            $0.raw(fields)
        }
    }

    /// Type and base64 without comment and newline, as in `known_hosts` after the host names.
    public var text: String { "\(algorithm) \(Base64.text(blob))" }

    /// The line of a `.pub` file or of `authorized_keys`, with its newline.
    func line(comment: String) -> String { comment.isEmpty ? text + "\n" : "\(text) \(comment)\n" }

    /// As `ssh-keygen -l` prints it: `SHA256:` and base64 without padding.
    public var fingerprint: String {
        "SHA256:" + Base64.text(Array(SHA256.hash(data: blob))).filter { $0 != "=" }
    }
}

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

/// An Ed25519 private key, used as an SSH key only.
///
/// It signs nothing here, on purpose: CryptoKit's Ed25519 signatures are randomised, so they cannot be in a bundle.
public struct Ed25519Key: Sendable {
    /// The private seed of RFC 8032, 32 bytes.
    public let seed: [UInt8]
    /// The public key of RFC 8032, 32 bytes.
    public let publicKey: [UInt8]

    init(seed: [UInt8], path: String) throws(PKIError) {
        guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed) else {
            throw .invalidEd25519Seed(path: path)
        }
        self.seed = seed
        publicKey = Array(key.publicKey.rawRepresentation)
    }
}

extension Ed25519Key: Redacted {}
