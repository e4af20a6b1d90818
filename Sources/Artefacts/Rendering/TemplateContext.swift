public import BuildPlan
public import ClusterModel

/// What the values of an open template may depend on: the model and the plan, never the secrets file.
public struct TemplateContext: Sendable {
    public let plan: ClusterPlan
    /// The machine the file is for; `nil` for the operator's files.
    public let machine: Machine?

    public var cluster: Cluster { plan.cluster }
}

extension TemplateContext {
    /// - Throws: ``ArtefactError/notForMachine`` when the template is used for the operator by mistake.
    func requireMachine() throws(ArtefactError) -> Machine {
        guard let machine else { throw .notForMachine }
        return machine
    }
}
