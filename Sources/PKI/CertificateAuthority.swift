/// A certificate with the key that signs below it, and the chain above it.
public struct CertificateAuthority: Sendable {
    public let key: P256Key
    public let certificate: IssuedCertificate
    /// The same name and key, signed by itself: what is given to those who trust this authority and not the ones above it.
    ///
    /// OpenSSL and what is built on it (HAProxy, Python, Ruby) end a chain at a self-signed certificate only, unless they are
    /// told otherwise. For the root it is the certificate itself.
    public let anchor: IssuedCertificate
    /// The certificates from this authority's own up to and including the root.
    public let chain: [IssuedCertificate]

    private let pathLength: Int

    /// The common name of this authority.
    public var name: String { certificate.spec.subject.commonName }

    /// This authority's certificate and those above it, without the root: what follows the leaf in a serving chain.
    public var chainPEM: String { chain.dropLast().map(\.pem).joined() }

    /// A self-signed root.
    ///
    /// - Throws: `PKIError.notAnAuthorityProfile` unless the profile is `authority`, and what is wrong with the spec.
    public static func root(_ spec: CertificateSpec, key: P256Key) throws(PKIError) -> CertificateAuthority {
        let pathLength = try requestedPathLength(spec)
        let certificate = try CertificateBuilder.certificate(
            spec: spec, publicKey: key.publicKey, issuer: spec.subject, issuerKey: key)
        return CertificateAuthority(
            key: key, certificate: certificate, anchor: certificate, chain: [certificate], pathLength: pathLength)
    }

    /// An authority one tier below this one.
    ///
    /// - Throws: `PKIError.pathLengthExceeded` if this authority's path length does not allow it,
    ///   `PKIError.notAnAuthorityProfile`, `PKIError.outsideIssuerValidity`, and what is wrong with the spec.
    public func subordinate(_ spec: CertificateSpec, key: P256Key) throws(PKIError) -> CertificateAuthority {
        let requested = try Self.requestedPathLength(spec)
        guard requested < pathLength else {
            throw .pathLengthExceeded(path: spec.path, issuer: name, allowed: pathLength, requested: requested)
        }
        let certificate = try signed(spec, for: key.publicKey)
        let anchor = try CertificateBuilder.certificate(
            spec: spec, publicKey: key.publicKey, issuer: spec.subject, issuerKey: key)
        return CertificateAuthority(
            key: key, certificate: certificate, anchor: anchor, chain: [certificate] + chain, pathLength: requested)
    }

    /// A leaf certificate.
    ///
    /// - Throws: `PKIError.authorityProfileForLeaf`, `PKIError.serverOfClientAuthority`, `PKIError.outsideIssuerValidity`, and what is wrong with the spec.
    public func issue(_ spec: CertificateSpec, for publicKey: P256PublicKey) throws(PKIError) -> IssuedCertificate {
        guard !spec.profile.isAuthority else { throw .authorityProfileForLeaf(path: spec.path) }
        if case .authority(_, true) = certificate.spec.profile, spec.profile != .client {
            throw .serverOfClientAuthority(path: spec.path, issuer: name)
        }
        return try signed(spec, for: publicKey)
    }

    private func signed(_ spec: CertificateSpec, for publicKey: P256PublicKey) throws(PKIError) -> IssuedCertificate {
        let allowed = certificate.spec.validity
        guard spec.validity.isWithin(allowed) else {
            throw .outsideIssuerValidity(path: spec.path, issuer: name, requested: spec.validity, allowed: allowed)
        }
        return try CertificateBuilder.certificate(
            spec: spec, publicKey: publicKey, issuer: certificate.spec.subject, issuerKey: key)
    }

    private static func requestedPathLength(_ spec: CertificateSpec) throws(PKIError) -> Int {
        guard case .authority(let pathLength, _) = spec.profile, pathLength >= 0 else {
            throw .notAnAuthorityProfile(path: spec.path, profile: spec.profile)
        }
        return pathLength
    }
}
