import ClusterModel
public import Values

/// Everything that decides a certificate, its issuer and keys aside.
public struct CertificateSpec: Sendable, Hashable {
    /// Names the certificate within the key tree, without the generation, e.g. `pki/v1/leaf/etcd-1/server`.
    public var path: String
    /// Raised by one to rotate the key; part of the key's path and of the serial.
    public var generation: Int
    public var subject: Subject
    public var alternativeNames: [AlternativeName]
    public var profile: CertificateProfile
    public var validity: Validity

    public init(
        path: String, generation: Int = 1, subject: Subject, alternativeNames: [AlternativeName] = [],
        profile: CertificateProfile, validity: Validity
    ) {
        self.path = path
        self.generation = generation
        self.subject = subject
        self.alternativeNames = alternativeNames
        self.profile = profile
        self.validity = validity
    }

    /// - Throws: `PKIError` for the first thing that no certificate may carry, whoever issues it.
    func validate() throws(PKIError) {
        guard !path.isEmpty else { throw .emptyPath }
        try subject.validate()
        if subject.isEmpty, alternativeNames.isEmpty || profile.isAuthority { throw .missingName(path: path) }
        if profile.servesTLS, alternativeNames.isEmpty { throw .missingServerName(path: path) }
    }
}

/// What a certificate may be used for; it decides basic constraints, key usage and extended key usage.
public enum CertificateProfile: Sendable, Hashable {
    /// Signs certificates and revocation lists. `pathLength` counts the authorities allowed below, not the leaf.
    /// One that is `clientsOnly` says so in its certificate, and no verifier takes a server of it (extended key usage in an
    /// authority's certificate binds everything below: Go's crypto/x509 and OpenSSL both see to it).
    case authority(pathLength: Int, clientsOnly: Bool = false)
    /// TLS server.
    case server
    /// TLS client.
    case client
    /// Both, which etcd needs: its peers and its own health check connect with the server certificate.
    case serverAndClient

    var isAuthority: Bool {
        if case .authority = self { true } else { false }
    }

    var servesTLS: Bool { self == .server || self == .serverAndClient }
}

extension CertificateProfile: CustomStringConvertible {
    public var description: String {
        switch self {
        case .authority(let pathLength, let clientsOnly):
            "authority(pathLength: \(pathLength)\(clientsOnly ? ", clientsOnly" : ""))"
        case .server: "server"
        case .client: "client"
        case .serverAndClient: "serverAndClient"
        }
    }
}

/// The time in which a certificate is valid, both ends included (RFC 5280, 4.1.2.5).
public struct Validity: Sendable, Hashable {
    public let notBefore: Timestamp
    public let notAfter: Timestamp

    /// - Throws: `PKIError.timestampOutOfRange` outside of the years 1970 to 9999, `PKIError.emptyValidity` unless
    ///   `notAfter` is later than `notBefore`.
    public init(notBefore: Timestamp, notAfter: Timestamp) throws(PKIError) {
        for end in [notBefore, notAfter] where !end.isRepresentable { throw .timestampOutOfRange(end) }
        guard notBefore < notAfter else { throw .emptyValidity(notBefore: notBefore, notAfter: notAfter) }
        self.notBefore = notBefore
        self.notAfter = notAfter
    }

    /// Whether this time lies within the other.
    public func isWithin(_ other: Validity) -> Bool { other.notBefore <= notBefore && notAfter <= other.notAfter }
}

extension Validity: CustomStringConvertible {
    public var description: String { "from \(notBefore) to \(notAfter)" }
}

/// A name under which a server is reached: an entry of the subject alternative name extension (RFC 5280, 4.2.1.6).
public struct AlternativeName: Sendable, Hashable {
    enum Value: Sendable, Hashable {
        case dns(String)
        case address(IPv4Address)
    }

    let value: Value

    /// A host name in ASCII; the whole first label may be `*`.
    ///
    /// - Throws: `PKIError.invalidDNSName` with the rule of RFC 1123 that is broken.
    public static func dns(_ name: String) throws(PKIError) -> AlternativeName {
        func refuse(_ reason: String) -> PKIError { .invalidDNSName(name, reason: reason) }
        guard (1...253).contains(name.utf8.count) else {
            throw refuse("has \(name.utf8.count) characters: 1 to 253 are allowed")
        }
        var labels = name.split(separator: ".", omittingEmptySubsequences: false)
        if labels.first == "*", labels.count > 1 { labels.removeFirst() }
        for label in labels {
            guard (1...63).contains(label.utf8.count) else {
                throw refuse(
                    "has a label of \(label.utf8.count) characters: 1 to 63 are allowed, and no dot at the end")
            }
            guard label.utf8.allSatisfy({ isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }) else {
                throw refuse("has a character other than letters, digits, hyphens and dots: write it in ASCII")
            }
            guard label.first != "-", label.last != "-" else {
                throw refuse("has a label that begins or ends with a hyphen: begin and end with a letter or digit")
            }
        }
        return AlternativeName(value: .dns(name))
    }

    /// An address; machines have IPv4 alone.
    public static func address(_ address: IPv4Address) -> AlternativeName { AlternativeName(value: .address(address)) }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}

extension AlternativeName: CustomStringConvertible {
    /// As OpenSSL writes it, e.g. `DNS:localhost` or `IP:10.96.0.1`.
    public var description: String {
        switch value {
        case .dns(let name): "DNS:" + name
        case .address(let address): "IP:\(address)"
        }
    }
}
