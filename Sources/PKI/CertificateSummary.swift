import Crypto
import SwiftASN1
public import Values
import X509

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What people ask about a certificate that somebody else may have made.
public struct CertificateSummary: Sendable, Hashable {
    /// The common name, or the whole name where there is none.
    public let subject: String
    /// The same of who signed it.
    public let issuer: String
    public let notBefore: Timestamp
    public let notAfter: Timestamp
    /// DNS names and addresses that it is good for, in its order.
    public let names: [String]
    public let isAuthority: Bool
    /// The subject's key: SHA-256 of its public half (SubjectPublicKeyInfo), in hexadecimal.
    public let key: String
    /// SHA-256 over the DER, in hexadecimal.
    public let fingerprint: String
    /// Whether it is signed with its own key.
    public let isSelfSigned: Bool
    fileprivate let keyIdentifier: [UInt8]?
    fileprivate let issuerKeyIdentifier: [UInt8]?

    /// The certificates of a text: PEM blocks, and the Base64 in which kubeconfigs have them. What cannot be read is left out.
    public static func all(in bytes: [UInt8]) -> [CertificateSummary] {
        guard let text = String(validating: bytes, as: UTF8.self) else { return [] }
        var blocks = blocks(of: text[...])
        // "-----BEGIN CERT" in Base64.
        for line in text.split(separator: "\n") where line.contains("-data:") && line.contains("LS0tLS1CRUdJTiBDRVJU") {
            guard let word = line.split(separator: " ").last, let data = Data(base64Encoded: String(word)) else {
                continue
            }
            blocks += Self.blocks(of: String(decoding: data, as: UTF8.self)[...])
        }
        return blocks.compactMap(CertificateSummary.init(pem:))
    }

    private static func blocks(of text: Substring) -> [String] {
        let (begin, end) = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----")
        var (blocks, lines): ([String], [Substring]?) = ([], nil)
        for line in text.split(separator: "\n") {
            let word = line.drop { $0 == " " }
            if word == begin { lines = [] }
            lines?.append(word)
            guard word == end, let block = lines else { continue }
            blocks.append(block.joined(separator: "\n"))
            lines = nil
        }
        return blocks
    }

    private init?(pem: String) {
        guard let document = try? PEMDocument(pemString: pem),
            let certificate = try? Certificate(derEncoded: document.derBytes)
        else { return nil }
        func time(_ date: Date) -> Timestamp { Timestamp(secondsSince1970: Int64(date.timeIntervalSince1970)) }
        func hex(_ bytes: some Sequence<UInt8>) -> String { Hexadecimal.text(Array(bytes)) }
        subject = Self.name(certificate.subject)
        issuer = Self.name(certificate.issuer)
        notBefore = time(certificate.notValidBefore)
        notAfter = time(certificate.notValidAfter)
        names =
            ((try? certificate.extensions.subjectAlternativeNames).flatMap(\.self)).map { names in
                names.map { name in
                    switch name {
                    case .dnsName(let name): name
                    case .ipAddress(let bytes): bytes.bytes.map(String.init).joined(separator: ".")
                    default: "\(name)"
                    }
                }
            } ?? []
        let constraints = (try? certificate.extensions.basicConstraints).flatMap(\.self)
        if case .isCertificateAuthority = constraints { isAuthority = true } else { isAuthority = false }
        key = hex(SHA256.hash(data: certificate.publicKey.subjectPublicKeyInfoBytes))
        fingerprint = hex(SHA256.hash(data: document.derBytes))
        keyIdentifier = (try? certificate.extensions.subjectKeyIdentifier).flatMap(\.self).map {
            Array($0.keyIdentifier)
        }
        issuerKeyIdentifier = (try? certificate.extensions.authorityKeyIdentifier).flatMap(\.self)?.keyIdentifier.map {
            Array($0)
        }
        isSelfSigned = certificate.subject == certificate.issuer
    }

    private static func name(_ name: DistinguishedName) -> String {
        for relative in name {
            for attribute in relative where attribute.type == .RDNAttributeType.commonName {
                return attribute.value.description
            }
        }
        return "\(name)"
    }

    /// Whether the other one's key has signed this one.
    public func isSigned(by other: CertificateSummary) -> Bool {
        guard other.isAuthority, issuer == other.subject else { return false }
        guard let issuerKeyIdentifier, let known = other.keyIdentifier else { return true }
        return issuerKeyIdentifier == known
    }

    // MARK: Time

    /// Whole days until it ends, rounded down; negative when it has ended.
    public func daysLeft(at now: Timestamp) -> Int64 {
        let seconds = notAfter.secondsSince1970 - now.secondsSince1970
        return seconds >= 0 ? seconds / 86_400 : -((-seconds + 86_399) / 86_400)
    }

    /// When two thirds of its lifetime are over: it should be renewed then.
    public var renewal: Timestamp {
        notBefore.advanced(bySeconds: (notAfter.secondsSince1970 - notBefore.secondsSince1970) / 3 * 2)
    }
}
