import ClusterModel
import Crypto
import Values

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
