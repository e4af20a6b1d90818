import ClusterModel
import PKI

extension Subject {
    /// A subject with its own name and groups, and the fields that the topology gives to all certificates.
    ///
    /// A client's organisations are Kubernetes groups, so the topology's organisation is added only where there is none.
    init(commonName: String, organizations: [String] = [], isClient: Bool = false, fields: PKISettings.SubjectFields) {
        let own = organizations.isEmpty && !isClient ? fields.organization.map { [$0] } ?? [] : organizations
        self.init(
            commonName: commonName, organizations: own,
            organizationalUnits: fields.organizationalUnit.map { [$0] } ?? [], country: fields.country,
            state: fields.province, locality: fields.locality)
    }
}
