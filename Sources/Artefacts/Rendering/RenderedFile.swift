public import BuildPlan

/// A planned file with its bytes.
public struct RenderedFile: Sendable, Hashable {
    public let plan: FilePlan
    public let bytes: [UInt8]
}
