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
    /// Whether a binary is a program, rather than a file that programs read.
    public let isProgram: Bool
    /// Nil where upstream declares none for what is in the payload, as for what is made of many projects.
    public let licence: DeclaredLicence?

    public init(
        _ name: String, _ kind: PayloadKind, version: String, source: PayloadSource = .given, isProgram: Bool = true,
        licence: DeclaredLicence? = nil
    ) {
        self.name = name
        self.kind = kind
        self.version = version
        self.source = source
        self.isProgram = isProgram
        self.licence = licence
    }

    /// A file on the web.
    public init(
        _ name: String, _ kind: PayloadKind, version: String, url: String, published: PublishedDigest? = nil,
        isProgram: Bool = true, licence: DeclaredLicence? = nil
    ) {
        self.init(
            name, kind, version: version, source: .web(.https(url), published: published), isProgram: isProgram,
            licence: licence)
    }
}

/// Where upstream has a payload.
public enum PayloadSource: Sendable, Hashable {
    /// A file, and where its digest is published.
    case web(PayloadAddress, published: PublishedDigest?)
    /// A file of the newest of several releases that are named by their dates.
    case dated(DatedRelease)
    /// An image in a registry, for the guest's architecture.
    case registry(ImageReference, Architecture)
    /// Packages of the guest's distribution, with all they need.
    case packages(Distribution, [String])
    /// Our own, made by `make applier ARCH=…`.
    case applier
    /// Nowhere: only a person can give it.
    case given
}

/// A file that upstream publishes anew from time to time, each time in a directory named by its date, which then stays as it is. A
/// directory named `latest` would be another one tomorrow, under a digest that was pinned today.
public struct DatedRelease: Sendable, Hashable {
    /// The page that lists the directories, `https://…/`.
    public let listing: String
    /// What stands before the date in a directory's name.
    public let prefix: String
    /// The file's name in a directory; `{release}` stands for the date.
    private let file: String
    private let algorithm: PublishedAlgorithm
    private let sums: String
    private let signature: String?

    public init(
        listing: String, prefix: String, file: String, _ algorithm: PublishedAlgorithm, sums: String,
        signature: String? = nil
    ) {
        self.listing = listing
        self.prefix = prefix
        self.file = file
        self.algorithm = algorithm
        self.sums = sums
        self.signature = signature
    }

    /// The file of one release.
    ///
    /// - Parameter release: the directory's name without the prefix, such as `20260911` or `20251117-2299`.
    public func file(of release: String) -> (address: String, published: PublishedDigest) {
        let directory = "\(listing)\(prefix)\(release)/"
        return (
            directory + file.replacing("{release}", with: release),
            PublishedDigest(algorithm, at: directory + sums, signature: signature.map { directory + $0 })
        )
    }

    /// The newest release that a page links to; nil when there is none.
    ///
    /// Releases are compared as dates with a number behind: `20240523.1` is newer than `20240523`, `20251117-2299` than `20251117-300`.
    public func newest(in page: String) -> String? {
        var newest: (numbers: [Int], name: String)?
        for link in page.split(separator: "href=\"").dropFirst() {
            guard let name = link.split(separator: "\"", maxSplits: 1).first, name.hasPrefix(prefix),
                name.hasSuffix("/")
            else {
                continue
            }
            let release = name.dropFirst(prefix.count).dropLast()
            let parts = release.split(omittingEmptySubsequences: false) { $0 == "." || $0 == "-" }
            let numbers = parts.compactMap { $0.utf8.allSatisfy { (48...57).contains($0) } ? Int($0) : nil }
            guard (1...2).contains(parts.count), numbers.count == parts.count, parts.first?.utf8.count == 8 else {
                continue
            }
            if newest.map({ $0.numbers.lexicographicallyPrecedes(numbers) }) ?? true {
                newest = (numbers, String(release))
            }
        }
        return newest?.name
    }

    /// The release that an address is of; nil when it is not one of these.
    public func release(of address: String) -> String? {
        guard address.hasPrefix(listing + prefix) else { return nil }
        let release = address.dropFirst(listing.count + prefix.count).prefix { $0 != "/" }
        return file(of: String(release)).address == address ? String(release) : nil
    }
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
