import ClusterModel

extension TemplateName {
    public static let cloudInitUserData: Self = "cloud-init/user-data"
    public static let cloudInitMetaData: Self = "cloud-init/meta-data"
    public static let cloudInitNetworkConfig: Self = "cloud-init/network-config"
}

/// What cloud-init's NoCloud data source reads at the root of the seed.
///
/// cloud-init does only what must be there before the applier can run: name, address, people's accounts.
enum CloudInitConsumer: Consumer {
    static func contribute(to plan: inout MachinePlan, _ cluster: Cluster, _ catalogue: PayloadCatalogue) {
        plan.seedDocuments += [
            // Holds the operator's and the jump host's public keys, which follow from the secrets file.
            FilePlan("user-data", .template(.cloudInitUserData, .derived)),
            .rendered("meta-data", .cloudInitMetaData),
            .rendered("network-config", .cloudInitNetworkConfig),
        ]
    }
}
