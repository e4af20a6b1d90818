import Crypto

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
