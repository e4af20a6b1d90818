/// What the person at the host gets: files to reach the cluster with, and the certificate inside them.
public struct OperatorPlan: Sendable {
    public let leaves: [LeafPlan]
    public let files: [FilePlan]
}
