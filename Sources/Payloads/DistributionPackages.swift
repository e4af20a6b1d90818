import Archive
import BundleFormat
public import DebianPackages
import HostSystem
import SystemPackage
public import Values

/// Finds packages in a distribution's signed archive and brings them into the store.
///
/// What the image has is not known at that time. Taken to be there are the essential packages and those of priority required, with what
/// they need: small images leave out many of priority standard, and a package that is missing cannot be had on a machine without a
/// network, while one that is there already costs its size in the depot; dpkg leaves it as it is.
public struct DistributionPackages: PackageFetching {
    private let environment: [String: String]
    private let now: Timestamp
    private let keyrings: [String]
    private let snapshot: Timestamp?
    private let retries: RetryPolicy
    /// Nil for the distribution's own archive.
    private let archive: PackageArchive?

    /// - Parameters:
    ///   - now: older indices than the archive vouches for at that time are refused.
    ///   - keyrings: besides the one that the distribution's package of keys has, where that is installed.
    ///   - snapshot: the archive as it was then.
    ///   - archive: another one, for one distribution.
    public init(
        environment: [String: String], now: Timestamp, keyrings: [String] = [], snapshot: Timestamp? = nil,
        retries: RetryPolicy = .standard, archive: PackageArchive? = nil
    ) {
        self.environment = environment
        self.now = now
        self.keyrings = keyrings
        self.snapshot = snapshot
        self.retries = retries
        self.archive = archive
    }

    public func pin(
        _ names: [String], of distribution: Distribution, named name: String, notBefore seen: Timestamp? = nil,
        into store: PayloadStore, _ progress: (Int64) -> Void
    ) throws(PayloadError) -> PinnedMembers {
        let found: [PackageResolver.Found]
        let verified: PayloadVerification
        do throws(DebianError) {
            // What was named may be for somebody else's signatures.
            let standard = PackageArchive.standardKeyring(of: distribution)
            let isThere = Files.exists(standard) && !keyrings.isEmpty
            let archive =
                self.archive
                ?? PackageArchive.standard(
                    distribution, keyrings: keyrings + (isThere ? [standard] : []), snapshot: snapshot)
            let catalogue = try PackageCatalogue.load(
                archive, freshness: snapshot == nil ? .current(at: now) : .snapshot,
                cache: store.root.appending("indices"), environment: environment)
            let resolver = try PackageResolver(catalogue, base: .priority(.required))
            found = try resolver.closure(of: names)
            verified = try Self.verification(catalogue, found, of: names)
            // Whoever chose a snapshot chose its date.
            if snapshot == nil, let seen, case .signedRelease(_, let date) = verified, date < seen {
                throw .wrongRelease(
                    address: "the release of \(distribution)",
                    reason:
                        "it is of \(date), and the lock was made from the one of \(seen): the mirror has fallen back, or "
                        + "somebody withholds newer packages; use another mirror")
            }
        } catch { throw .packages(name: name, error) }
        var members: [PayloadMember] = []
        var addresses: [String: PayloadAddress] = [:]
        var received: Int64 = 0
        for package in found {
            let path = package.package.fileName
            let address: PayloadAddress
            do throws(PayloadAddress.ParseFailure) { address = try PayloadAddress(parsing: package.address) } catch {
                throw .unsupportedAddress(name: name, error)
            }
            members.append(
                PayloadMember(path: path, digest: package.file.digest, size: package.file.size, mode: 0o644))
            addresses[path] = address
            let single = LockedPayload(
                name: "\(name), \(path)", address: address, size: package.file.size, digest: package.file.digest)
            let before = received
            if store.location(of: single.digest) == nil {
                let download = Download(store: store, environment: environment, retries: retries)
                _ = try download.fetch(single, package.address) { progress(before + $0) }
            }
            received += package.file.size
        }
        return PinnedMembers(
            digest: Digest(hashing: PayloadMember.listing(members)), members: members, addresses: addresses,
            verified: verified)
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
