public import BundleFormat
public import Values

/// Brings container images from registries into the store, blob by blob.
///
/// Both calls block their thread. `progress` gets the bytes that are there of what was asked for, from several threads.
public protocol ImageFetching: Sendable {
    /// Finds what an image is now, for one architecture: its manifest, its configuration and its layers, each a member
    /// `blobs/sha256/<hex>`, and all of them in the store afterwards. The digest is the manifest's.
    ///
    /// - Parameter name: the payload's, for errors.
    func pin(
        _ reference: ImageReference, for architecture: Architecture, named name: String, into store: PayloadStore,
        _ progress: @escaping @Sendable (Int64) -> Void
    ) throws(PayloadError) -> PinnedMembers

    /// Brings these blobs of an image that a lock file pins; the registry is asked for nothing but digests.
    func fetch(
        _ members: [PayloadMember], of payload: LockedPayload, _ reference: ImageReference, into store: PayloadStore,
        _ progress: @escaping @Sendable (Int64) -> Void
    ) throws(PayloadError)

    /// What the image's manifest is now, without fetching it; nil from a client that cannot tell.
    func digest(
        of reference: ImageReference, for architecture: Architecture, named name: String
    ) throws(PayloadError) -> Digest?
}

extension ImageFetching {
    /// What the image's manifest is now, without fetching it; nil from a client that cannot tell.
    public func digest(
        of reference: ImageReference, for architecture: Architecture, named name: String
    ) throws(PayloadError) -> Digest? { nil }
}

/// Finds packages in the indices of a distribution, with all that they need. Pinned ones are fetched by their addresses.
public protocol PackageFetching: Sendable {
    /// Finds what the packages are now, and what they need beside a base system: each a member `NAME_VERSION_ARCHITECTURE.deb` with
    /// an address, and all of them in the store afterwards. The digest is that of ``PayloadMember/listing(_:)``.
    ///
    /// - Parameter name: the payload's, for errors.
    ///
    /// - Parameter seen: the date of the release that an earlier lock was made from: an older one is refused.
    func pin(
        _ names: [String], of distribution: Distribution, named name: String, notBefore seen: Timestamp?,
        into store: PayloadStore, _ progress: @escaping @Sendable (Int64) -> Void
    ) throws(PayloadError) -> PinnedMembers

    /// The same without fetching packages.
    func members(
        of names: [String], of distribution: Distribution, named name: String
    ) throws(PayloadError) -> PinnedMembers
}

/// What a payload of several files is.
public struct PinnedMembers: Hashable, Sendable {
    public let digest: Digest
    public let members: [PayloadMember]
    /// By the members' paths; empty for an image, whose blobs have no address but their digest.
    public let addresses: [String: PayloadAddress]
    public let verified: PayloadVerification

    public init(
        digest: Digest, members: [PayloadMember], addresses: [String: PayloadAddress] = [:],
        verified: PayloadVerification
    ) {
        self.digest = digest
        self.members = members
        self.addresses = addresses
        self.verified = verified
    }
}

extension LockedPayload {
    init(name: String, source: LockedSource, _ found: PinnedMembers) {
        self.init(
            name: name, source: source, size: found.members.reduce(0) { $0 + $1.size }, digest: found.digest,
            verified: found.verified, members: found.members, memberAddresses: found.addresses)
    }
}
