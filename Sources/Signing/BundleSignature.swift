import Crypto
private import Foundation

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
        var fields = WireReader([UInt8](data))
        guard fields.bytes(6) == Array("SSHSIG".utf8), fields.number() == 1, let key = fields.string(),
            let namespace = fields.text()
        else { return nil }
        var keyFields = WireReader(key)
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
    static func all(in text: String) -> [BundleSignature]? {
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

/// Reads the types of RFC 4251, 5; nil where the bytes end too early.
private struct WireReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    mutating func bytes(_ count: Int) -> [UInt8]? {
        guard count <= rest.count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    mutating func number() -> UInt32? {
        bytes(4).map { $0.reduce(0) { $0 << 8 | UInt32($1) } }
    }

    mutating func string() -> [UInt8]? { number().flatMap { bytes(Int($0)) } }

    /// Printable ASCII.
    mutating func text() -> String? {
        guard let bytes = string(), bytes.allSatisfy({ (0x20...0x7E).contains($0) }) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}
