import ClusterModel
import Crypto
public import Values

/// A signed certificate.
public struct IssuedCertificate: Sendable, Hashable {
    /// What was asked for.
    public let spec: CertificateSpec
    public let serial: SerialNumber
    public let publicKey: P256PublicKey
    /// The certificate in DER (RFC 5280).
    public let der: [UInt8]

    public var notBefore: Timestamp { spec.validity.notBefore }
    public var notAfter: Timestamp { spec.validity.notAfter }

    /// The certificate in PEM, `CERTIFICATE`.
    public var pem: String { PEM.text(label: "CERTIFICATE", der: der) }

    /// SHA-256 over the DER, 32 bytes.
    public var fingerprint: [UInt8] { Array(SHA256.hash(data: der)) }

    /// The fingerprint as 64 lower-case hexadecimal digits.
    public var fingerprintText: String { Hexadecimal.text(fingerprint) }
}
