import Archive
import BundleFormat
public import DebianPackages
import HostSystem
import Synchronization
public import SystemPackage
public import Values

/// Finds packages in a distribution's signed archive and brings them into the store.
///
/// What the image has is not known at that time. Taken to be there are the essential packages and those of priority required, with what
/// they need: small images leave out many of priority standard, and a package that is missing cannot be had on a machine without a
/// network, while one that is there already costs its size in the depot; dpkg leaves it as it is.
public struct DistributionPackages: PackageFetching {
    private let cache: FilePath
    private let environment: [String: String]
    private let now: Timestamp
    private let keyrings: [String]
    private let snapshot: Timestamp?
    private let retries: RetryPolicy
    private let suites: [PackageArchive.Suite]
    private let loaded = LoadedCatalogues()

    /// - Parameters:
    ///   - cache: a directory for indices, named by their digests.
    ///   - now: older indices than the archive vouches for at that time are refused.
    ///   - keyrings: besides the one that the distribution's package of keys has, where that is installed.
    ///   - snapshot: the archive as it was then.
    ///   - suites: where packages are instead of in the distribution's own archive; with `snapshot`, however old.
    public init(
        cache: FilePath, environment: [String: String], now: Timestamp, keyrings: [String] = [],
        snapshot: Timestamp? = nil, retries: RetryPolicy = .standard, suites: [PackageArchive.Suite] = []
    ) {
        self.cache = cache
        self.environment = environment
        self.now = now
        self.keyrings = keyrings
        self.snapshot = snapshot
        self.retries = retries
        self.suites = suites
    }

    public func pin(
        _ names: [String], of distribution: Distribution, named name: String, notBefore seen: Timestamp? = nil,
        into store: PayloadStore, _ progress: (Int64) -> Void
    ) throws(PayloadError) -> PinnedMembers {
        let pinned = try members(of: names, of: distribution, named: name)
        // Whoever chose a snapshot chose its date.
        if snapshot == nil, let seen, case .signedRelease(_, let date) = pinned.verified, date < seen {
            throw .packages(
                name: name,
                .wrongRelease(
                    address: "the release of \(distribution)",
                    reason:
                        "it is of \(date), and the lock was made from the one of \(seen): the mirror has fallen back, or "
                        + "somebody withholds newer packages; use another mirror"))
        }
        var received: Int64 = 0
        for member in pinned.members {
            guard let address = pinned.addresses[member.path] else { continue }
            let single = LockedPayload(
                name: "\(name), \(member.path)", address: address, size: member.size, digest: member.digest)
            let before = received
            if store.location(of: single.digest) == nil {
                let download = Download(store: store, environment: environment, retries: retries)
                _ = try download.fetch(single, address.description) { progress(before + $0) }
            }
            received += member.size
        }
        return pinned
    }

    public func members(
        of names: [String], of distribution: Distribution, named name: String
    ) throws(PayloadError) -> PinnedMembers {
        let found: [PackageResolver.Found]
        let verified: PayloadVerification
        do throws(DebianError) {
            let catalogue = try loaded.catalogue(of: distribution) { () throws(DebianError) in
                try PackageCatalogue.load(
                    archive(of: distribution), freshness: snapshot == nil ? .current(at: now) : .snapshot,
                    cache: cache, environment: environment)
            }
            let resolver = try PackageResolver(catalogue, base: .priority(.required))
            found = try resolver.closure(of: names)
            verified = try Self.verification(catalogue, found, of: names)
        } catch { throw .packages(name: name, error) }
        var members: [PayloadMember] = []
        var addresses: [String: PayloadAddress] = [:]
        for package in found {
            let path = package.package.fileName
            do throws(PayloadAddress.ParseFailure) {
                addresses[path] = try PayloadAddress(parsing: package.address, isSigned: true)
            } catch { throw .unsupportedAddress(name: name, error) }
            members.append(
                PayloadMember(
                    path: path, digest: package.file.digest, size: package.file.size, mode: 0o644,
                    stage: package.stage))
        }
        return PinnedMembers(
            digest: Digest(hashing: PayloadMember.listing(members)), members: members, addresses: addresses,
            verified: verified)
    }

    private func archive(of distribution: Distribution) -> PackageArchive {
        // What was named may be for somebody else's signatures.
        let standard = PackageArchive.standardKeyring(of: distribution)
        let isThere = Files.exists(standard) && !keyrings.isEmpty
        let keyrings = keyrings + (isThere ? [standard] : [])
        guard suites.isEmpty else { return PackageArchive(distribution, suites: suites, keyrings: keyrings) }
        return PackageArchive.standard(distribution, keyrings: keyrings, snapshot: snapshot)
    }

    /// One line stands for all: the release of the suite that has the package asked for first.
    private static func verification(
        _ catalogue: PackageCatalogue, _ found: [PackageResolver.Found], of names: [String]
    ) throws(DebianError) -> PayloadVerification {
        let suite = (found.first { $0.package.name == names.first } ?? found.first)?.suite
        guard let release = catalogue.releases.first(where: { $0.suite == suite }) else {
            throw .unknownPackage(name: names.joined(separator: " "))
        }
        return .signedRelease(fingerprint: release.fingerprint, date: release.date)
    }
}

/// Catalogues that were asked for once: the payloads of one run come from one state of the archive.
private final class LoadedCatalogues: Sendable {
    private let catalogues = Mutex<[Distribution: PackageCatalogue]>([:])

    /// Whoever needs one that is being loaded waits for it.
    func catalogue(
        of distribution: Distribution, _ load: () throws(DebianError) -> PackageCatalogue
    ) throws(DebianError) -> PackageCatalogue {
        try catalogues.withLock { (catalogues) throws(DebianError) in
            if let loaded = catalogues[distribution] { return loaded }
            let catalogue = try load()
            catalogues[distribution] = catalogue
            return catalogue
        }
    }
}
