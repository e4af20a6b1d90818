public import ClusterModel

/// Everything that will exist, and nothing rendered yet: authorities, certificates, files, units, payloads.
///
/// Made by ``Planner``. Pure data: tests compare it without templates or keys.
public struct ClusterPlan: Sendable {
    public let cluster: Cluster
    /// Issuers before what they issue.
    public let authorities: [AuthorityPlan]
    /// In the order of the topology.
    public let machines: [MachinePlan]
    public let `operator`: OperatorPlan
    /// Every payload that some machine or launcher needs, once each, sorted by name.
    public let payloads: [PayloadPlan]

    /// The holder of the operator's keys, which is no machine.
    public static let operatorName = "operator"
}
