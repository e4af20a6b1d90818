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
        var characters = Base64.characters(Array(SHA256.hash(data: blob)))
        while characters.last == UInt8(ascii: "=") { characters.removeLast() }
        return "SHA256:" + String(decoding: characters, as: UTF8.self)
    }
}
