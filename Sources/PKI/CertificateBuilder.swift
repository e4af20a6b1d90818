import ClusterModel
import SwiftASN1
import Values
import X509

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Turns a spec into an encoded certificate; the one place that speaks swift-certificates.
enum CertificateBuilder {
    /// - Throws: `PKIError` as `CertificateSpec.validate()`, or `certificateEncoding`, or `signatureRejected`.
    static func certificate(
        spec: CertificateSpec, publicKey: P256PublicKey, issuer: Subject, issuerKey: P256Key
    ) throws(PKIError) -> IssuedCertificate {
        try spec.validate()
        let issuerIdentifier = issuerKey.publicKey.keyIdentifier
        let serial = SerialNumber(spec: spec, issuerKey: issuerIdentifier, subjectKey: publicKey.x963)
        do {
            let certificate = try Certificate(
                version: .v3,
                serialNumber: Certificate.SerialNumber(bytes: serial.bytes),
                publicKey: Certificate.PublicKey(publicKey.cryptoKey),
                notValidBefore: date(spec.validity.notBefore),
                notValidAfter: date(spec.validity.notAfter),
                issuer: distinguishedName(issuer),
                subject: distinguishedName(spec.subject),
                signatureAlgorithm: .ecdsaWithSHA256,
                extensions: extensions(
                    spec: spec, subjectIdentifier: publicKey.keyIdentifier, issuerIdentifier: issuerIdentifier),
                issuerPrivateKey: Certificate.PrivateKey(CertificateSigner(key: issuerKey)))
            var serializer = DER.Serializer()
            try serializer.serialize(certificate)
            return IssuedCertificate(
                spec: spec, serial: serial, publicKey: publicKey, der: serializer.serializedBytes)
        } catch let error as PKIError {
            throw error
        } catch {
            throw .certificateEncoding(path: spec.path, reason: "\(error)")
        }
    }

    private static func date(_ timestamp: Timestamp) -> Date {
        Date(timeIntervalSince1970: Double(timestamp.secondsSince1970))
    }

    /// One attribute per relative name: Kubernetes reads every organization wherever it stands.
    private static func distinguishedName(_ subject: Subject) throws -> DistinguishedName {
        try DistinguishedName(
            subject.fields.map { name, value in
                switch name {
                case .country: try .init(type: .RDNAttributeType.countryName, printableString: value)
                case .state: .init(type: .RDNAttributeType.stateOrProvinceName, utf8String: value)
                case .locality: .init(type: .RDNAttributeType.localityName, utf8String: value)
                case .organization: .init(type: .RDNAttributeType.organizationName, utf8String: value)
                case .organizationalUnit: .init(type: .RDNAttributeType.organizationalUnitName, utf8String: value)
                case .commonName: .init(type: .RDNAttributeType.commonName, utf8String: value)
                }
            } as [RelativeDistinguishedName.Attribute])
    }

    /// The extensions that RFC 5280, 4.2 asks for, in a fixed order, and no other.
    private static func extensions(
        spec: CertificateSpec, subjectIdentifier: [UInt8], issuerIdentifier: [UInt8]
    ) throws -> Certificate.Extensions {
        var result: [Certificate.Extension] = []
        switch spec.profile {
        case .authority(let pathLength, let clientsOnly):
            let constraints = BasicConstraints.isCertificateAuthority(maxPathLength: pathLength)
            result.append(try Certificate.Extension(constraints, critical: true))
            result.append(try Certificate.Extension(KeyUsage(keyCertSign: true, cRLSign: true), critical: true))
            if clientsOnly {
                result.append(try Certificate.Extension(ExtendedKeyUsage([.clientAuth]), critical: false))
            }
        case .server, .client, .serverAndClient:
            result.append(try Certificate.Extension(BasicConstraints.notCertificateAuthority, critical: true))
            result.append(try Certificate.Extension(KeyUsage(digitalSignature: true), critical: true))
            var usages: [ExtendedKeyUsage.Usage] = []
            if spec.profile != .client { usages.append(.serverAuth) }
            if spec.profile != .server { usages.append(.clientAuth) }
            result.append(try Certificate.Extension(ExtendedKeyUsage(usages), critical: false))
        }
        let subjectKey = SubjectKeyIdentifier(keyIdentifier: subjectIdentifier[...])
        result.append(try Certificate.Extension(subjectKey, critical: false))
        let authorityKey = AuthorityKeyIdentifier(keyIdentifier: issuerIdentifier[...])
        result.append(try Certificate.Extension(authorityKey, critical: false))
        if !spec.alternativeNames.isEmpty {
            let names = SubjectAlternativeNames(spec.alternativeNames.map(generalName))
            result.append(try Certificate.Extension(names, critical: spec.subject.isEmpty))
        }
        return try Certificate.Extensions(result)
    }

    private static func generalName(_ name: AlternativeName) -> GeneralName {
        switch name.value {
        case .dns(let host): .dnsName(host)
        case .address(let address): .ipAddress(ASN1OctetString(contentBytes: address.octets[...]))
        }
    }
}

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
