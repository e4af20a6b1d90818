/// What a machine does with a payload.
public struct PayloadUse: Sendable, Hashable {
    public let payload: PayloadPlan
    /// The member of an archive that is placed, such as `etcd-v3.5.12-linux-arm64/etcd`.
    public let member: String?
    /// Where it is placed; `nil` for packages and images, which know themselves.
    public let path: String?
    public let mode: UInt16

    public init(_ payload: PayloadPlan, member: String? = nil, path: String? = nil, mode: UInt16 = 0o755) {
        self.payload = payload
        self.member = member
        self.path = path
        self.mode = mode
    }
}
