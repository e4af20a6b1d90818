import Archive
public import BundleFormat
import SystemPackage
import Values

/// Everything a depot will hold, found and unpacked; only the writing is left.
public struct DepotContents: Sendable {
    /// The volume label a machine finds the depot by.
    public static let label = "SLIPWAY"
    /// The payload that also stands at the root, executable, so that a machine can start it from there.
    public static let applierName = "slipway-apply"

    public let manifest: DepotManifest
    /// Sorted by path.
    public let files: [DepotFile]
    /// Names of payloads that were left out, sorted: in no source, or not pinned.
    public let absent: [String]

    /// Finds the payloads of a plan and unpacks the archives' members that machines place.
    ///
    /// The archives' own blobs stay out of the depot.
    ///
    /// - Parameters:
    ///   - sources: where blobs are looked for before the store.
    ///   - store: also takes the unpacked members.
    ///   - partial: leaves out what is nowhere instead of throwing ``PayloadError/absent(names:)``.
    ///   - verify: computes every digest again instead of trusting that present means done.
    public static func collect(
        _ plan: DepotPlan, from sources: [any BlobSource] = [], store: PayloadStore, partial: Bool = false,
        verify: Bool = false
    ) async throws(PayloadError) -> DepotContents {
        var located: [(entry: DepotPlan.Entry, location: BlobLocation)] = []
        var absent: [String] = []
        for entry in plan.entries {
            let location = (sources + [store]).lazy.compactMap { $0.location(of: entry.digest) }.first
            guard let location else {
                absent.append(entry.name)
                continue
            }
            located.append((entry, location))
        }
        guard partial || absent.isEmpty else { throw .absent(names: absent) }
        let results = await BlockingWork.map(located, width: 2) { entry, location in
            try found(entry, location, store, verify)
        }
        var payloads: [DepotPayload] = []
        var files: [DepotFile] = []
        for result in results {
            switch result {
            case .success(let (payload, itsFiles)):
                payloads.append(payload)
                files += itsFiles
            case .failure(let error):
                throw error as? PayloadError ?? .system(operation: "collect", path: store.root.string, error: .ioError)
            }
        }
        let manifest = DepotManifest(payloads: payloads)
        files.append(
            DepotFile(
                path: DepotManifest.path, permissions: 0o644, content: .bytes(CanonicalJSON.encode(manifest.json))))
        return DepotContents(
            manifest: manifest, files: files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) },
            absent: Set(absent + plan.unpinned).sorted())
    }

    private static func found(
        _ entry: DepotPlan.Entry, _ location: BlobLocation, _ store: PayloadStore, _ verify: Bool
    ) throws(PayloadError) -> (DepotPayload, [DepotFile]) {
        if let size = entry.size, size != location.size {
            // Cut short by a failing disk or by hand.
            try check(digest(of: location), entry, location)
        }
        if verify { try check(digest(of: location), entry, location) }
        let members =
            entry.isArchive ? try MemberCache(store: store).members(of: entry, at: whole(entry, location, store)) : []
        let payload = DepotPayload(name: entry.name, digest: entry.digest, size: location.size, members: members)
        var files: [DepotFile] = []
        for member in members {
            guard let location = store.location(of: member.digest) else { throw .absent(names: [entry.name]) }
            files.append(
                DepotFile(
                    path: payload.path(of: member), permissions: member.mode, content: .blob(member.digest, location)))
        }
        if entry.needsBlob {
            let content = DepotFile.Content.blob(entry.digest, location)
            files.append(DepotFile(path: entry.digest.blobPath, permissions: 0o644, content: content))
            if entry.name == applierName {
                files.append(DepotFile(path: applierName, permissions: 0o755, content: content))
            }
        }
        return (payload, files)
    }

    /// An archive as a file of its own: a zip is read from its end.
    private static func whole(
        _ entry: DepotPlan.Entry, _ location: BlobLocation, _ store: PayloadStore
    ) throws(PayloadError) -> BlobLocation {
        if let present = store.location(of: entry.digest) { return present }
        let file = try StoreFiles.openForReading(location.file)
        defer { try? file.close() }
        _ = try store.add(file, range: location.range, named: location.file.string) { (found, _) throws(PayloadError) in
            try check(found, entry, location)
        }
        return BlobLocation(file: store.path(of: entry.digest), size: location.size)
    }

    private static func digest(of location: BlobLocation) throws(PayloadError) -> Digest {
        let file = try StoreFiles.openForReading(location.file)
        defer { try? file.close() }
        do throws(ArchiveError) {
            return try BlobHasher.digest(of: file, range: location.range, subject: location.file.string).digest
        } catch {
            throw .archive(error)
        }
    }

    private static func check(_ found: Digest, _ entry: DepotPlan.Entry, _ location: BlobLocation) throws(PayloadError)
    {
        guard found == entry.digest else {
            throw .damaged(name: entry.name, file: location.file.string, expected: entry.digest, found: found)
        }
    }
}
