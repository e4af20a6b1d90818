import SwiftASN1
import X509

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Lets swift-certificates sign with our deterministic key.
struct CertificateSigner: CustomPrivateKey {
    let key: P256Key

    static let defaultPEMDiscriminator = "PRIVATE KEY"

    var publicKey: Certificate.PublicKey { Certificate.PublicKey(key.publicKey.cryptoKey) }
    var defaultSignatureAlgorithm: Certificate.SignatureAlgorithm { .ecdsaWithSHA256 }
    var supportedSignatureAlgorithms: [Certificate.SignatureAlgorithm] { [.ecdsaWithSHA256] }

    func signSynchronously(
        bytes: some DataProtocol, signatureAlgorithm: Certificate.SignatureAlgorithm
    ) throws -> Certificate.Signature {
        guard signatureAlgorithm == .ecdsaWithSHA256 else { throw PKIError.signatureRejected }
        let signature = try key.signature(for: Array(bytes))
        return try Certificate.Signature(
            signatureAlgorithm: signatureAlgorithm, signatureBytes: ASN1BitString(bytes: signature.der[...]))
    }

    func serialize(into coder: inout DER.Serializer) throws {
        coder.serializeRawBytes(KeyEncoding.pkcs8(scalar: key.scalar.bytes, point: key.publicKey.x963))
    }

    static func == (left: CertificateSigner, right: CertificateSigner) -> Bool {
        left.key.publicKey == right.key.publicKey
    }

    func hash(into hasher: inout Hasher) { hasher.combine(key.publicKey) }
}
