import Crypto

/// A P-256 private key that signs deterministically: the same key and message give the same bytes on every platform.
///
/// swift-crypto's own signatures are randomised, so the nonce and the arithmetic modulo n are ours; the multiplication
/// of the base point and the check of every signature are swift-crypto's.
public struct P256Key: Sendable {
    public let publicKey: P256PublicKey

    let scalar: Scalar

    /// Takes a number from 1 to n - 1 as 32 bytes, most significant first.
    ///
    /// - Throws: `PKIError.invalidScalar` for anything else.
    public init(rawRepresentation: [UInt8]) throws(PKIError) {
        guard let scalar = Scalar(bytes: rawRepresentation), scalar != .zero else { throw .invalidScalar }
        try self.init(scalar: scalar)
    }

    init(scalar: Scalar) throws(PKIError) {
        self.scalar = scalar
        publicKey = P256PublicKey(try Self.basePointProduct(scalar))
    }

    /// The private number, 32 bytes, most significant first.
    public var rawRepresentation: [UInt8] { scalar.bytes }

    /// ECDSA with SHA-256 and the nonce of RFC 6979.
    ///
    /// - Throws: `PKIError.signatureRejected` if the signature does not verify, i.e. the machine computed wrongly.
    public func signature(for message: [UInt8]) throws(PKIError) -> ECDSASignature {
        let digest = SHA256.hash(data: message)
        let hash = Array(digest)
        var nonces = DeterministicNonces(privateScalar: scalar, hash: hash)
        while true {
            let signature = try signature(hash: Scalar(reducing: hash), nonce: nonces.next())
            guard let signature else { continue }
            guard
                let check = try? P256.Signing.ECDSASignature(rawRepresentation: signature.raw),
                publicKey.cryptoKey.isValidSignature(check, for: digest)
            else { throw .signatureRejected }
            return signature
        }
    }

    /// FIPS 186-5, 6.4.1; nil if the nonce gives r = 0 or s = 0.
    private func signature(hash: Scalar, nonce: Scalar) throws(PKIError) -> ECDSASignature? {
        let point = try Self.basePointProduct(nonce)
        let r = Scalar(reducing: Array(point.rawRepresentation.prefix(32)))
        let s = nonce.inverse * (hash + r * scalar)
        guard r != .zero, s != .zero else { return nil }
        return ECDSASignature(r: r, s: s)
    }

    private static func basePointProduct(_ scalar: Scalar) throws(PKIError) -> P256.Signing.PublicKey {
        do {
            return try P256.Signing.PrivateKey(rawRepresentation: scalar.bytes).publicKey
        } catch {
            throw .invalidScalar
        }
    }

    /// PKCS#8, `PRIVATE KEY`: what every consumer but `--service-account-key-file` takes.
    public var pkcs8PEM: String {
        PEM.text(label: "PRIVATE KEY", der: KeyEncoding.pkcs8(scalar: scalar.bytes, point: publicKey.x963))
    }

    /// SEC 1, `EC PRIVATE KEY`: what Kubernetes needs for service account keys.
    public var sec1PEM: String {
        PEM.text(label: "EC PRIVATE KEY", der: KeyEncoding.sec1(scalar: scalar.bytes, point: publicKey.x963))
    }

    /// The public key as `SubjectPublicKeyInfo`, `PUBLIC KEY`.
    public var publicKeyPEM: String { publicKey.pem }
}

extension P256Key: Redacted {}

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
