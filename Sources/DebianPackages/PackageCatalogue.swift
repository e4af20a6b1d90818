import Archive
import HostSystem
public import SystemPackage
import Transfer
public import Values

/// The packages that a distribution has at one moment, believed for its signatures.
public struct PackageCatalogue: Sendable {
    /// Who signed what a suite is.
    public struct Release: Hashable, Sendable {
        public let suite: PackageArchive.Suite
        /// Of the key that signed it, 40 hexadecimal digits.
        public let fingerprint: String
        public let date: Timestamp
    }

    public let distribution: Distribution
    public let releases: [Release]
    private let indices: [(index: PackageIndex, suite: PackageArchive.Suite)]

    /// Asks the archive for its releases, and for those indices that are not in the cache.
    ///
    /// - Parameters:
    ///   - cache: a directory for indices, named by their digests; made when it is not there.
    ///   - environment: where curl finds proxies and certificates.
    ///   - progress: gets the bytes fetched of an index.
    public static func load(
        _ archive: PackageArchive, freshness: Freshness, cache: FilePath, environment: [String: String],
        _ progress: (Int64) -> Void = { _ in }
    ) throws(DebianError) -> PackageCatalogue {
        let transfer = ArchiveTransfer(environment: environment)
        var releases: [Release] = []
        var indices: [(PackageIndex, PackageArchive.Suite)] = []
        for suite in archive.suites {
            let directory = "\(suite.address)/dists/\(suite.name)"
            let address = "\(directory)/InRelease"
            let signed = try transfer.fetch(address, limit: Int64(GPGVerifier.sizeLimit))
            let verified = try SignedText(verifying: signed, keyrings: archive.keyrings, address: address)
            let release = try ReleaseFile(parsing: verified.text, address: address)
            try release.check(suite, origin: archive.origin, freshness: freshness, address: address)
            releases.append(Release(suite: suite, fingerprint: verified.fingerprint, date: release.date))
            for component in suite.components {
                let reader = IndexReader(
                    transfer: transfer, cache: cache, directory: directory, release: release,
                    path: "\(component)/binary-\(archive.distribution.architecture.rawValue)/Packages")
                let bytes = try reader.read(progress)
                indices.append((try PackageIndex(parsing: bytes, subject: "\(directory)/\(reader.path)"), suite))
            }
        }
        return PackageCatalogue(distribution: archive.distribution, releases: releases, indices: indices)
    }

    /// From the text of one index that is at hand. Nobody has signed it.
    ///
    /// - Parameter address: of the archive.
    public init(
        _ distribution: Distribution, packages: [UInt8], address: String = "https://localhost"
    ) throws(DebianError) {
        let suite = PackageArchive.Suite("memory", at: address, components: ["main"])
        let index = try PackageIndex(parsing: packages, subject: "Packages")
        self.init(distribution: distribution, releases: [], indices: [(index, suite)])
    }

    private init(
        distribution: Distribution, releases: [Release], indices: [(PackageIndex, PackageArchive.Suite)]
    ) {
        self.distribution = distribution
        self.releases = releases
        self.indices = indices.map { (index: $0.0, suite: $0.1) }
    }

    /// The newest version of a package that runs on the distribution's architecture, and the suite that has it; of equal
    /// versions the one of the earlier suite.
    func candidate(_ name: String) throws(DebianError) -> (package: BinaryPackage, suite: PackageArchive.Suite)? {
        var best: (package: BinaryPackage, suite: PackageArchive.Suite)?
        for (index, suite) in indices {
            for package in try index.packages(named: name)
            where package.architecture == "all" || package.architecture == distribution.architecture.rawValue {
                if let found = best?.package, found.version >= package.version { continue }
                best = (package, suite)
            }
        }
        return best
    }

    /// Names of packages of which some version provides a name; sorted.
    func providers(of name: String) -> [String] {
        Set(indices.flatMap { $0.index.providers(of: name) }).sorted()
    }

    /// The essential packages and those of the priority or above; sorted.
    func basicNames(upTo priority: BinaryPackage.Priority) throws(DebianError) -> [String] {
        var names: Set<String> = []
        for (index, _) in indices { names.formUnion(try index.basicNames(upTo: priority)) }
        return names.sorted()
    }
}

/// Brings one index of a suite.
private struct IndexReader {
    let transfer: ArchiveTransfer
    let cache: FilePath
    let directory: String
    let release: ReleaseFile
    /// Without a suffix.
    let path: String

    /// Three times what Debian's largest has.
    static let sizeLimit: Int64 = 256 << 20

    /// gzip before xz, since it is faster to undo; the small suites of Debian have xz alone.
    func read(_ progress: (Int64) -> Void) throws(DebianError) -> [UInt8] {
        guard let plain = release.indices[path],
            let suffix = [".gz", ".xz"].first(where: { release.indices[path + $0] != nil }),
            let packed = release.indices[path + suffix]
        else {
            throw .wrongRelease(address: "\(directory)/InRelease", reason: "it has no \(path).gz or .xz")
        }
        guard max(packed.size, plain.size) <= Self.sizeLimit else {
            throw .wrongRelease(
                address: "\(directory)/InRelease", reason: "\(path) is larger than \(Self.sizeLimit) bytes")
        }
        // As -updates is on the day of a release; libarchive unpacks no empty stream.
        if plain.digest == Digest(hashing: [UInt8]()) { return [] }
        let address =
            release.hasByHash
            ? "\(directory)/\(FilePath(path).removingLastComponent())/by-hash/SHA256/\(packed.digest.hex)"
            : "\(directory)/\(path)\(suffix)"
        let file = cache.appending("\(packed.digest.hex)\(suffix)")
        if let bytes = try Files<DebianError>.read(file.string), Digest(hashing: bytes) == packed.digest {
            return try unpacked(file, plain, address)
        }
        let bytes = try transfer.fetch(address, limit: packed.size, progress)
        guard bytes.count == packed.size, Digest(hashing: bytes) == packed.digest else {
            throw .wrongContent(
                address: address, reason: "expected \(packed.size) bytes with \(packed.digest), \(bytes.count) came")
        }
        try Files<DebianError>.makeDirectory(cache.string)
        try Files<DebianError>.write(bytes, to: file.string, mode: 0o644)
        return try unpacked(file, plain, address)
    }

    private func unpacked(
        _ file: FilePath, _ plain: ReleaseFile.Index, _ address: String
    ) throws(DebianError) -> [UInt8] {
        let descriptor = OwnedDescriptor(owning: try Files<DebianError>.openForReading(file.string))
        let bytes: [UInt8]
        do throws(ArchiveError) {
            bytes = try CompressedFile.bytes(of: descriptor.descriptor, subject: file.string, limit: plain.size)
        } catch { throw .wrongContent(address: address, reason: error.description) }
        guard bytes.count == plain.size, Digest(hashing: bytes) == plain.digest else {
            throw .wrongContent(address: address, reason: "unpacked it is not what the release lists as \(path)")
        }
        return bytes
    }
}
