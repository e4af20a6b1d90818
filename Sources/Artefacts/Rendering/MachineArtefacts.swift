public import BuildPlan

/// Everything that is rendered for one machine.
public struct MachineArtefacts: Sendable {
    public let plan: MachinePlan
    /// The files the applier places, in the plan's order.
    public let files: [RenderedFile]
    /// The cloud-init documents at the root of the seed.
    public let seedDocuments: [RenderedFile]
}
