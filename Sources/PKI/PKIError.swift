import ClusterModel
public import Values

/// Why the PKI module refused something: what is wrong, where, what was expected and what to do about it.
public enum PKIError: Error, Sendable, Equatable {
    case secretLength(Int)
    case nodeLength(Int, path: String)
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
    case invalidAddress(String)
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
            "the secrets file must hold exactly 32 bytes, this one holds \(count): make a new one with `slipway secrets new`"
        case .nodeLength(let count, let path):
            "the key tree node \(path) must be exactly 32 bytes, \(count) were given: pass the bytes that `exportedNode` returned"
        case .tooManyBytes(let count, let path):
            "\(count) bytes were asked of the key tree node \(path): HKDF-SHA256 yields 1 to 8160, so split the request over subtrees"
        case .invalidScalar:
            "a P-256 private key must be 32 bytes that encode a number from 1 to n - 1: derive it with KeyTree.p256Key()"
        case .noValidScalar(let path):
            "256 candidates at \(path) were all 0 or at least n, which chance cannot explain: the source of candidates is broken"
        case .signatureRejected:
            "a signature just made does not verify with its own public key: this machine computes wrongly, nothing was issued"
        case .invalidEd25519Seed(let path):
            "the 32 bytes at \(path) were refused as an Ed25519 seed, although every seed is valid: the crypto library is broken"
        case .emptyPath:
            "a certificate needs a path such as pki/v1/ca/etcd, since its key and serial derive from it: give one"
        case .emptyValidity(let notBefore, let notAfter):
            "the validity from \(notBefore) to \(notAfter) is empty: notAfter must be later than notBefore"
        case .timestampOutOfRange(let timestamp):
            "\(timestamp.secondsSince1970) seconds since 1970 cannot be written in a certificate: stay between 1970-01-01 and 9999-12-31"
        case .invalidSubjectField(let field, let value, let reason):
            "subject \(field) \(quoted(value)) \(reason)"
        case .invalidDNSName(let name, let reason):
            "DNS name \(quoted(name)) \(reason)"
        case .invalidAddress(let text):
            "\(text) is not an IP address: write 4 or 16 bytes, or text such as 10.96.0.1 or fd00::1 (no prefix length, no zone)"
        case .missingName(let path):
            "the certificate \(path) has neither a subject nor a subject alternative name: give it a common name"
        case .missingServerName(let path):
            "the server certificate \(path) has no subject alternative name, so no client would accept it: name its hosts or addresses"
        case .notAnAuthorityProfile(let path, let profile):
            "\(path) has the profile \(profile), but a certificate authority needs the profile authority(pathLength:)"
        case .authorityProfileForLeaf(let path):
            "\(path) has the profile of an authority, but was issued as a leaf: issue it with subordinate(_:key:)"
        case .serverOfClientAuthority(let path, let issuer):
            "\(path) would be a server, but \(issuer) vouches for clients only: no verifier would accept it"
        case .pathLengthExceeded(let path, let issuer, let allowed, let requested):
            if allowed == 0 {
                "\(path) asks to be an authority, but \(issuer) has pathLength 0 and may issue leaves only: issue it from a higher tier"
            } else {
                "\(path) asks for pathLength \(requested), but \(issuer) allows at most \(allowed - 1) below it: lower the request"
            }
        case .outsideIssuerValidity(let path, let issuer, let requested, let allowed):
            "\(path) would be valid \(requested), but its issuer \(issuer) only \(allowed): shorten it or renew the issuer first"
        case .certificateEncoding(let path, let reason):
            "the certificate \(path) cannot be encoded: \(reason)"
        case .invalidSSHText(let field, let value, let reason):
            "SSH \(field) \(quoted(value)) \(reason)"
        case .noPrincipals(let keyID):
            "the SSH host certificate \(quoted(keyID)) names no host, which OpenSSH refuses: give at least one principal"
        }
    }

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
