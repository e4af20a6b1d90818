/// The subject of a certificate, the fields of a distinguished name that Kubernetes and people use.
///
/// Kubernetes reads `commonName` as the user and each of `organizations` as a group.
public struct Subject: Sendable, Hashable {
    public var commonName: String
    public var organizations: [String]
    public var organizationalUnits: [String]
    /// Two capital letters, ISO 3166.
    public var country: String?
    public var state: String?
    public var locality: String?

    public init(
        commonName: String, organizations: [String] = [], organizationalUnits: [String] = [],
        country: String? = nil, state: String? = nil, locality: String? = nil
    ) {
        self.commonName = commonName
        self.organizations = organizations
        self.organizationalUnits = organizationalUnits
        self.country = country
        self.state = state
        self.locality = locality
    }

    /// Whether there is nothing in it; the certificate's names then carry the identity alone.
    public var isEmpty: Bool { fields.isEmpty }

    /// The fields in the order in which they are encoded, from the general to the particular.
    var fields: [(name: FieldName, value: String)] {
        var result: [(name: FieldName, value: String)] = []
        if let country { result.append((.country, country)) }
        if let state { result.append((.state, state)) }
        if let locality { result.append((.locality, locality)) }
        result += organizations.map { (.organization, $0) }
        result += organizationalUnits.map { (.organizationalUnit, $0) }
        if !commonName.isEmpty { result.append((.commonName, commonName)) }
        return result
    }

    enum FieldName: String {
        case country, state, locality, organization
        case organizationalUnit = "organizational unit"
        case commonName = "common name"

        /// The upper bound in characters: RFC 5280, appendix A.1.
        var limit: Int {
            switch self {
            case .country: 2
            case .state, .locality: 128
            case .organization, .organizationalUnit, .commonName: 64
            }
        }
    }

    /// - Throws: `PKIError.invalidSubjectField` for the first field that no certificate may carry.
    func validate() throws(PKIError) {
        for (name, value) in fields {
            func refuse(_ reason: String) -> PKIError {
                .invalidSubjectField(field: name.rawValue, value: value, reason: reason)
            }
            guard !value.isEmpty else { throw refuse("is empty: leave it out instead") }
            guard value.unicodeScalars.count <= name.limit else {
                throw refuse("has \(value.unicodeScalars.count) characters, RFC 5280 allows \(name.limit): shorten it")
            }
            guard !value.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
                throw refuse("has a control character: remove it")
            }
            if name == .country {
                guard value.utf8.count == 2, value.utf8.allSatisfy({ (0x41...0x5A).contains($0) }) else {
                    throw refuse("is not a country code: write two capital letters such as DE")
                }
            }
        }
    }
}
