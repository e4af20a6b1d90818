/// How much JSON the parser accepts from outside.
public struct JSONLimits: Hashable, Sendable {
    /// The greatest length of a document in bytes.
    public let byteCount: Int
    /// The greatest number of arrays and objects inside one another.
    public let depth: Int

    public init(byteCount: Int = 64 << 20, depth: Int = 64) {
        self.byteCount = byteCount
        self.depth = depth
    }
}
