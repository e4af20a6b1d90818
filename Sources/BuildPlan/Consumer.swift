import ClusterModel

/// Something that runs on machines and says what it needs there. One file per consumer in `Consumers/`.
protocol Consumer {
    static func contribute(to plan: inout MachinePlan, _ cluster: Cluster, _ catalogue: PayloadCatalogue)
}
