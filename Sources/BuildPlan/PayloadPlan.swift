public import Values

/// A file we do not make and a machine needs; pinned by the lock file.
public struct PayloadPlan: Sendable, Hashable {
    /// The key in the lock file, such as `kubelet`.
    public let name: String
    public let kind: PayloadKind
    /// Release of the payload, for the bill of materials.
    public let version: String
    /// Where upstream publishes it, what `slipway lock` starts from; `nil` where no fixed address exists
    /// (packages of a distribution, images, our own applier), so that the lock file must say.
    public let upstream: PayloadAddress?

    public init(_ name: String, _ kind: PayloadKind, version: String, url: String? = nil) {
        self.name = name
        self.kind = kind
        self.version = version
        upstream = url.map { .https($0) }
    }
}

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

/// Which files of an archive machines place.
public enum PlacedMembers: Sendable, Hashable {
    /// These, by their paths in the archive.
    case named(Set<String>)
    /// Every file.
    case all

    /// What is needed for both.
    public func union(_ other: PlacedMembers) -> PlacedMembers {
        guard case .named(let first) = self, case .named(let second) = other else { return .all }
        return .named(first.union(second))
    }

    /// What these uses place of each archive, by the payload's name.
    static func byPayload(_ uses: some Sequence<PayloadUse>) -> [String: PlacedMembers] {
        uses.lazy.filter { $0.payload.kind == .archive }.reduce(into: [:]) { placed, use in
            let members = use.member.map { PlacedMembers.named([$0]) } ?? .all
            placed[use.payload.name] = placed[use.payload.name]?.union(members) ?? members
        }
    }
}
