import Crypto
private import Foundation
import Values

/// A signature over a bundle, as `ssh-keygen -Y sign` makes it: OpenSSH's PROTOCOL.sshsig, armoured.
///
/// What is signed are the bytes of the bundle's image index, which names the public and the secret part by digest: with them
/// every byte of the bundle is vouched for, and the signature does not change what it vouches for. Only what a person wants to know
/// of a signature is read here; whether it holds is ssh-keygen's to say.
public struct BundleSignature: Hashable, Sendable {
    /// The namespace, without which a signature made for something else would count.
    public static let namespace = "slipway-bundle"

    /// The text between the two lines and with them, ended by a newline.
    public let armoured: String
    /// Such as `ssh-ed25519`.
    public let keyType: String
    /// Such as `SHA256:uNiVztksCsDhcc0u9e8BrqsROJlYTBBcrlFYYiy6UqM`, as `ssh-keygen -l` prints it.
    public let fingerprint: String
    /// What the signer said it was for.
    public let namespace: String

    private static let first = "-----BEGIN SSH SIGNATURE-----"
    private static let last = "-----END SSH SIGNATURE-----"
    /// Larger than any key that OpenSSH takes makes them: RSA of 16,384 bits gives 6 KiB.
    private static let limit = 16 << 10

    /// Reads one signature.
    ///
    /// - Returns: nil for anything that is not one.
    init?(armoured text: String) {
        let lines = text.split(whereSeparator: \.isNewline).map(String.init)
        guard text.utf8.count <= Self.limit, lines.count >= 3, lines.first == Self.first, lines.last == Self.last,
            let data = Data(base64Encoded: lines.dropFirst().dropLast().joined())
        else { return nil }
        var fields = SSHWireReader([UInt8](data))
        guard fields.bytes(6) == Array("SSHSIG".utf8), fields.number() == 1, let key = fields.string(),
            let namespace = fields.text()
        else { return nil }
        var keyFields = SSHWireReader(key)
        guard let keyType = keyFields.text() else { return nil }
        armoured = lines.joined(separator: "\n") + "\n"
        self.keyType = keyType
        self.namespace = namespace
        fingerprint = "SHA256:" + Self.unpadded(Data(SHA256.hash(data: key)).base64EncodedString())
    }

    /// Signs a message: the bytes of a bundle's image index. A passphrase is asked for at the terminal.
    ///
    /// - Parameter key: the path of a private key, or of a public one whose private key ssh-agent or a security key has.
    /// - Throws: ``SigningError``.
    public static func sign(_ message: [UInt8], key: String) throws(SigningError) -> BundleSignature {
        try SSHKeygen.sign(message, key: key)
    }

    /// All signatures of a file, in its order.
    ///
    /// - Returns: nil when something else than signatures and empty lines is in it.
    public static func all(in text: String) -> [BundleSignature]? {
        var signatures: [BundleSignature] = []
        var block: [Substring] = []
        for line in text.split(whereSeparator: \.isNewline) {
            guard block.isEmpty == (line == first) else { return nil }
            block.append(line)
            if line == last {
                guard let signature = BundleSignature(armoured: block.joined(separator: "\n")) else { return nil }
                signatures.append(signature)
                block = []
            }
        }
        return block.isEmpty ? signatures : nil
    }

    private static func unpadded(_ base64: String) -> String { String(base64.prefix { $0 != "=" }) }
}
