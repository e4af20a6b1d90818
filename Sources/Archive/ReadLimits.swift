/// How much a reader accepts from outside before it stops.
public struct ReadLimits: Hashable, Sendable {
    public let memberCount: Int
    /// Bytes of one path.
    public let pathLength: Int
    /// Bytes of one member.
    public let memberSize: Int64
    /// Bytes of all members together.
    public let totalSize: Int64

    public init(memberCount: Int, pathLength: Int = 512, memberSize: Int64, totalSize: Int64) {
        self.memberCount = memberCount
        self.pathLength = pathLength
        self.memberSize = memberSize
        self.totalSize = totalSize
    }

    /// For a bundle with payloads: up to 64 GiB in 100 000 blobs.
    public static let bundle = ReadLimits(memberCount: 100_000, memberSize: 16 << 30, totalSize: 64 << 30)
    /// For a layer or a seed that is held in memory: up to 256 MiB.
    public static let inMemory = ReadLimits(memberCount: 20_000, memberSize: 128 << 20, totalSize: 256 << 20)
    /// For an archive that upstream published: up to 16 GiB in 200 000 members.
    public static let payload = ReadLimits(memberCount: 200_000, memberSize: 4 << 30, totalSize: 16 << 30)
}
