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

/// A certificate's serial number: 20 octets, the most that RFC 5280 allows, positive, with 01 as its top bits so that
/// its length never varies.
public struct SerialNumber: Sendable, Hashable {
    /// 20 bytes, most significant first.
    public let bytes: [UInt8]

    /// Derives from path, generation and dates, and from everything else that is signed: two different certificates
    /// of an issuer never share a serial, not even if only an alternative name was added.
    init(spec: CertificateSpec, issuerKey: [UInt8], subjectKey: [UInt8]) {
        var hash = SHA256()
        func add(_ bytes: [UInt8]) {
            hash.update(data: Self.bigEndian(Int64(bytes.count)))
            hash.update(data: bytes)
        }
        func add(_ text: String) { add(Array(text.utf8)) }
        add("slipway/v1/serial")
        add(spec.path)
        add(Self.bigEndian(Int64(spec.generation)))
        add(Self.bigEndian(spec.validity.notBefore.secondsSince1970))
        add(Self.bigEndian(spec.validity.notAfter.secondsSince1970))
        add(issuerKey)
        add(subjectKey)
        add(spec.profile.description)
        for field in spec.subject.fields {
            add(field.name.rawValue)
            add(field.value)
        }
        for name in spec.alternativeNames { add(name.description) }
        var bytes = Array(hash.finalize().prefix(20))
        bytes[0] = bytes[0] & 0x3F | 0x40
        self.bytes = bytes
    }

    private static func bigEndian(_ number: Int64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * Int64($0))) }
    }
}

extension SerialNumber: CustomStringConvertible {
    /// 40 capital hexadecimal digits, as `openssl x509 -serial` prints them.
    public var description: String { Hexadecimal.text(bytes).uppercased() }
}
