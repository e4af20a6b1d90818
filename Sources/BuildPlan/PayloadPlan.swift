public import BundleFormat
public import Values

/// A file we do not make and a machine needs; pinned by the lock file.
public struct PayloadPlan: Sendable, Hashable {
    /// The key in the lock file, such as `kubelet`.
    public let name: String
    public let kind: PayloadKind
    /// Release of the payload, for the bill of materials.
    public let version: String
    /// What `slipway lock` starts from.
    public let source: PayloadSource

    public init(_ name: String, _ kind: PayloadKind, version: String, source: PayloadSource = .given) {
        self.name = name
        self.kind = kind
        self.version = version
        self.source = source
    }

    /// A file on the web.
    public init(_ name: String, _ kind: PayloadKind, version: String, url: String, published: PublishedDigest? = nil) {
        self.init(name, kind, version: version, source: .web(.https(url), published: published))
    }
}

/// Where upstream has a payload.
public enum PayloadSource: Sendable, Hashable {
    /// A file, and where its digest is published.
    case web(PayloadAddress, published: PublishedDigest?)
    /// An image in a registry, for the guest's architecture.
    case registry(ImageReference, Architecture)
    /// Packages of the guest's distribution, with all they need.
    case packages(Distribution, [String])
    /// Our own, made by `make applier ARCH=…`.
    case applier
    /// Nowhere: only a person can give it.
    case given
}

/// Where upstream publishes the digest of a file.
///
/// What is there is one digest alone, or lines `DIGEST  NAME` as sha256sum and sha512sum write them.
public struct PublishedDigest: Sendable, Hashable {
    public let algorithm: PublishedAlgorithm
    /// Of the file with the digest, `https://…`.
    public let address: String
    /// Of an OpenPGP signature over that file; nil where upstream makes none.
    public let signature: String?

    public init(_ algorithm: PublishedAlgorithm, at address: String, signature: String? = nil) {
        self.algorithm = algorithm
        self.address = address
        self.signature = signature
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
