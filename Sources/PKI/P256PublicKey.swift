import Crypto

/// A P-256 public key.
public struct P256PublicKey: Sendable, Hashable {
    /// The uncompressed point: 0x04, x, y; 65 bytes (SEC 1, 2.3.3).
    public let x963: [UInt8]

    let cryptoKey: P256.Signing.PublicKey

    init(_ cryptoKey: P256.Signing.PublicKey) {
        self.cryptoKey = cryptoKey
        x963 = Array(cryptoKey.x963Representation)
    }

    public static func == (left: P256PublicKey, right: P256PublicKey) -> Bool { left.x963 == right.x963 }

    public func hash(into hasher: inout Hasher) { hasher.combine(x963) }

    /// The left 160 bits of SHA-256 over the bits of the public key: method 1 of RFC 7093, 2.
    public var keyIdentifier: [UInt8] { Array(SHA256.hash(data: x963).prefix(20)) }

    /// `SubjectPublicKeyInfo` in DER (RFC 5480).
    public var der: [UInt8] { KeyEncoding.publicKeyInfo(point: x963) }

    /// `SubjectPublicKeyInfo` in PEM, e.g. for `--service-account-key-file`.
    public var pem: String { PEM.text(label: "PUBLIC KEY", der: der) }
}
