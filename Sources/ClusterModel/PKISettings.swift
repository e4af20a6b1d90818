public import Values

/// Lifetimes, generations and the shared subject fields of all certificates.
public struct PKISettings: Sendable, Hashable {
    public struct Lifetimes: Sendable, Hashable {
        public let root: Lifetime
        public let intermediate: Lifetime
        public let issuing: Lifetime
        public let leaf: Lifetime
    }

    /// Subject fields that every certificate carries beside its own common name and organisation.
    public struct SubjectFields: Sendable, Hashable {
        public let organization: String?
        public let organizationalUnit: String?
        public let country: String?
        public let province: String?
        public let locality: String?
    }

    public let lifetimes: Lifetimes
    public let subject: SubjectFields
    /// Written generations; everything else is generation 1.
    public let generations: [KeyName: Int]

    /// The generation of a key: the holder's own entry, else the kind's, else 1.
    public func generation(of kind: KeyKind, holder: String? = nil) -> Int {
        generations[KeyName(kind, holder: holder)] ?? generations[KeyName(kind)] ?? 1
    }

    /// How far certificates are dated back, so that a clock some minutes behind accepts them.
    public static let backdate = Lifetime(seconds: 3600)
}
