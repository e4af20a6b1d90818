import ClusterModel
public import Values

/// Why the PKI module refused something: what is wrong, where, what was expected and what to do about it.
public enum PKIError: Error, Sendable, Equatable {
    case secretLength(Int)
    case tooManyBytes(Int, path: String)
    case invalidScalar
    case noValidScalar(path: String)
    case signatureRejected
    case invalidEd25519Seed(path: String)
    case emptyPath
    case emptyValidity(notBefore: Timestamp, notAfter: Timestamp)
    case timestampOutOfRange(Timestamp)
    case invalidSubjectField(field: String, value: String, reason: String)
    case invalidDNSName(String, reason: String)
    case missingName(path: String)
    case missingServerName(path: String)
    case notAnAuthorityProfile(path: String, profile: CertificateProfile)
    case authorityProfileForLeaf(path: String)
    case serverOfClientAuthority(path: String, issuer: String)
    case pathLengthExceeded(path: String, issuer: String, allowed: Int, requested: Int)
    case outsideIssuerValidity(path: String, issuer: String, requested: Validity, allowed: Validity)
    case certificateEncoding(path: String, reason: String)
    case invalidSSHText(field: String, value: String, reason: String)
    case noPrincipals(keyID: String)
}

extension PKIError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .secretLength(let count):
            "a secrets file holds exactly 32 bytes, this one holds \(count)"
        case .tooManyBytes(let count, let path):
            "\(count) bytes were asked of \(path), HKDF-SHA256 yields 1 to 8160; \(Self.report)"
        case .invalidScalar:
            "a private key is not a number that P-256 allows; \(Self.report)"
        case .noValidScalar(let path):
            "256 candidates for the key \(path) were all refused, which chance cannot explain: check this machine's memory"
        case .signatureRejected:
            "a signature just made does not verify with its own key: this machine computes wrongly, nothing was issued; check its memory"
        case .invalidEd25519Seed(let path):
            "the crypto library refused the Ed25519 seed of \(path), although every seed is valid; \(Self.report)"
        case .emptyPath:
            "a certificate was planned without a path; \(Self.report)"
        case .emptyValidity(let notBefore, let notAfter):
            "a certificate would be valid from \(notBefore) to \(notAfter), which is no time at all: raise pki.lifetimes"
        case .timestampOutOfRange(let timestamp):
            "a certificate would begin or end \(timestamp.secondsSince1970) seconds after 1970, and can hold 1970-01-01 to 9999-12-31 only: "
                + "change epoch or pki.lifetimes"
        case .invalidSubjectField(let field, let value, let reason):
            "subject \(field) \(quoted(value)) \(reason)"
        case .invalidDNSName(let name, let reason):
            "DNS name \(quoted(name)) \(reason)"
        case .missingName(let path):
            "the certificate \(path) was planned without a name; \(Self.report)"
        case .missingServerName(let path):
            "the server certificate \(path) was planned without a host or an address, no client would accept it; \(Self.report)"
        case .notAnAuthorityProfile(let path, let profile):
            "\(path) was planned as \(profile) and would issue certificates; \(Self.report)"
        case .authorityProfileForLeaf(let path):
            "\(path) was planned as an authority and would be issued as a leaf; \(Self.report)"
        case .serverOfClientAuthority(let path, let issuer):
            "\(path) was planned as a server, but its issuer \(issuer) vouches for clients only; \(Self.report)"
        case .pathLengthExceeded(let path, let issuer, let allowed, let requested):
            "\(path) was planned with \(requested) authorities below it, and its issuer \(issuer) has room for \(allowed) in all; "
                + Self.report
        case .outsideIssuerValidity(let path, let issuer, let requested, let allowed):
            "\(path) would be valid \(requested), but its issuer \(issuer) only \(allowed): shorten it, or let the issuer "
                + "live longer, in pki.lifetimes"
        case .certificateEncoding(let path, let reason):
            "the certificate \(path) cannot be encoded: \(reason); \(Self.report)"
        case .invalidSSHText(let field, let value, let reason):
            "SSH \(field) \(quoted(value)) \(reason)"
        case .noPrincipals(let keyID):
            "the SSH host certificate \(quoted(keyID)) names no host, which OpenSSH refuses; \(Self.report)"
        }
    }

    /// For contradictions that no topology can cause.
    private static let report = "this is a fault of slipway, not of the topology: please report it"

    /// The text in quotes with control characters shown as escapes, so that a message stays on its line.
    private func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            result +=
                scalar.value < 0x20 || scalar.value == 0x7F || scalar == "\""
                ? scalar.escaped(asASCII: false) : String(scalar)
        }
        return result + "\""
    }
}
