import Archive
public import BundleFormat
import Foundation
import HostSystem
public import SystemPackage
public import Values

/// Everything a depot will hold, found and unpacked; only the writing is left, and what is written is hashed then.
public struct DepotContents: Sendable {
    public let manifest: DepotManifest
    /// Sorted by path; a path occurs once.
    public let files: [DepotFile]
    /// Names of payloads that were left out, sorted: in no source, not pinned, or archives whose files the lock does not name.
    public let absent: [String]

    /// Finds the payloads of a plan and unpacks the archives' members that machines place.
    ///
    /// The archives' own blobs stay out of the depot.
    ///
    /// - Parameters:
    ///   - sources: where blobs are looked for before the store.
    ///   - store: also takes the unpacked members; nil when the sources are all there is.
    ///   - partial: leaves out what is nowhere instead of throwing ``PayloadError/absent(names:)``.
    public static func collect(
        _ plan: DepotPlan, from sources: [any BlobSource] = [], store: PayloadStore?, partial: Bool = false
    ) async throws(PayloadError) -> DepotContents {
        let collection = Collection(sources: sources + [store].compactMap(\.self), store: store)
        let results = await Parallel.results(of: plan.entries, width: 2) { try collection.found($0) }
        var payloads: [DepotPayload] = []
        var files: [String: DepotFile] = [:]
        var absent: [String] = []
        for (entry, result) in zip(plan.entries, results) {
            switch result {
            case .success(let found?):
                payloads.append(found.payload)
                for file in found.files { files[file.path] = file }
            case .success(nil): absent.append(entry.name)
            case .failure(let error):
                throw error as? PayloadError ?? .system(operation: "collect", path: entry.name, error: .ioError)
            }
        }
        guard partial || absent.isEmpty else { throw .absent(names: absent) }
        let manifest = DepotManifest(payloads: payloads)
        files[DepotManifest.path] = DepotFile(
            path: DepotManifest.path, permissions: 0o644, content: .bytes(CanonicalJSON.encode(manifest.json)))
        return DepotContents(
            manifest: manifest, files: files.values.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) },
            absent: Set(absent + plan.unpinned + plan.unlisted).sorted())
    }

    /// Reads everything that the depot will be made of and compares it, without writing: for those who must know before they
    /// change anything.
    public func check() async throws(PayloadError) {
        let results = await Parallel.results(of: files, width: 2) { file in
            guard case .blob(let digest, let location, let name) = file.content else { return }
            try location.check(digest, of: name)
        }
        for case .failure(let error) in results {
            throw error as? PayloadError ?? .system(operation: "check", path: "a payload", error: .ioError)
        }
    }
}

/// Looks for the blobs of one entry after the other.
private struct Collection: Sendable {
    let sources: [any BlobSource]
    let store: PayloadStore?

    /// Nil when the payload is in no source.
    func found(_ entry: DepotPlan.Entry) throws(PayloadError) -> (payload: DepotPayload, files: [DepotFile])? {
        var files: [DepotFile] = []
        let blob = location(of: entry.digest)
        if entry.needsBlob {
            guard let blob else { return nil }
            if let size = entry.size, size != blob.size {
                // Cut short by a failing disk or by hand; the check says what is there instead.
                try blob.check(entry.digest, of: entry.name)
            }
            let content = DepotFile.Content.blob(entry.digest, blob, name: entry.name)
            files.append(DepotFile(path: entry.digest.blobPath, permissions: 0o644, content: content))
            // Also at the root, executable, so that a machine can start it from there.
            if entry.name == GuestLayout.applier {
                files.append(DepotFile(path: GuestLayout.applier, permissions: 0o755, content: content))
            }
        }
        let members = entry.sortedMembers
        let missing = members.filter { location(of: $0.digest)?.size != $0.size }
        if !missing.isEmpty {
            guard entry.isArchive, let blob, let store else { return nil }
            try unpack(missing, entry, blob, into: store)
        }
        for member in members {
            guard let location = location(of: member.digest) else { throw .absent(names: [entry.name]) }
            files.append(
                DepotFile(
                    path: member.digest.blobPath, permissions: 0o644,
                    content: .blob(member.digest, location, name: "\(entry.name), \(member.path)")))
        }
        let payload = DepotPayload(
            name: entry.name, digest: entry.digest, size: entry.size ?? blob?.size ?? 0, members: members)
        return (payload, files)
    }

    private func location(of digest: Digest) -> BlobLocation? {
        sources.lazy.compactMap { $0.location(of: digest) }.first
    }

    /// As blobs, by their own digests. The archive's bytes need no check of their own then.
    private func unpack(
        _ members: [PayloadMember], _ entry: DepotPlan.Entry, _ location: BlobLocation, into store: PayloadStore
    ) throws(PayloadError) {
        if store.location(of: entry.digest) == nil {
            // A zip is read from its end, so it has to be a file of its own.
            let file = try StoreFiles.openForReading(location.file)
            defer { try? file.close() }
            _ = try store.add(file, range: location.range, named: location.file.string) {
                (found, _) throws(PayloadError) in
                guard found == entry.digest else {
                    throw .damaged(
                        name: entry.name, file: location.file.string, expected: entry.digest, found: found)
                }
            }
        }
        let expected = Dictionary(members.map { ($0.path, $0) }) { first, _ in first }
        _ = try store.unpack(Set(expected.keys), of: entry.digest, named: entry.name, expected: expected)
    }
}

/// A file in a depot and where its bytes are now.
public struct DepotFile: Hashable, Sendable {
    /// What the file holds.
    public enum Content: Hashable, Sendable {
        case bytes([UInt8])
        /// The bytes at `location` must have the digest; `name` is the payload's, for errors.
        case blob(Digest, BlobLocation, name: String)

        var size: Int64 {
            switch self {
            case .bytes(let bytes): Int64(bytes.count)
            case .blob(_, let location, _): location.size
            }
        }
    }

    /// Relative to the depot's root.
    public let path: String
    public let permissions: Permissions
    public let content: Content
}

/// The blobs of a depot that was made before, as a directory. Nothing it says of itself is believed: what is taken from it is looked
/// up by the digests of a bundle and hashed when it is placed.
public struct DepotBlobs: BlobSource {
    private let directory: FilePath

    /// - Throws: ``PayloadError/unreadable(path:error:)`` when there is no depot, ``FormatError`` when its list is not valid.
    public init(_ directory: FilePath) throws {
        let path = directory.appending(DepotManifest.path)
        guard let list = FileManager.default.contents(atPath: path.string) else {
            throw PayloadError.unreadable(path: path.string, error: .noSuchFileOrDirectory)
        }
        _ = try DepotManifest(parsing: [UInt8](list), reader: "slipway")
        self.directory = directory
    }

    public func location(of digest: Digest) -> BlobLocation? {
        let path = directory.pushing(FilePath(digest.blobPath))
        return StoreFiles.size(path).map { BlobLocation(file: path, size: $0) }
    }
}
