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

    /// The key's path in the tree: the certificate's path and its generation, e.g. `pki/v1/ca/etcd/g1`.
    public var keyPath: String { "\(path)/g\(generation)" }

    /// The key of this certificate, from the root of the tree.
    public func key(in tree: KeyTree) throws(PKIError) -> P256Key {
        try tree.descendant(path: keyPath).p256Key()
    }

    /// - Throws: `PKIError` for the first thing that no certificate may carry, whoever issues it.
    func validate() throws(PKIError) {
        guard !path.isEmpty else { throw .emptyPath }
        try subject.validate()
        if subject.isEmpty, alternativeNames.isEmpty || profile.isAuthority { throw .missingName(path: path) }
        if profile.servesTLS, alternativeNames.isEmpty { throw .missingServerName(path: path) }
    }
}
