import Archive
import BundleFormat
import SystemPackage
import Values

/// The files of archives, unpacked into the store once: blobs by their own digests, and a list for each archive.
struct MemberCache: Sendable {
    let store: PayloadStore

    /// The wanted files of an archive, sorted by path; unpacks what has not been unpacked.
    ///
    /// - Throws: ``PayloadError/archive(_:)`` when the archive lacks one, or it is no regular file.
    func members(of entry: DepotPlan.Entry, at location: BlobLocation) throws(PayloadError) -> [DepotMember] {
        let known = list(of: entry)
        let isComplete = known.map { list in
            let paths = Set(list.members.map(\.path))
            return entry.needsAllMembers ? list.isWhole : entry.members.isSubset(of: paths)
        }
        var members = known?.members ?? []
        if isComplete != true {
            let found = try unpack(entry, location)
            let fresh = Set(found.map(\.path))
            members = (members.filter { !fresh.contains($0.path) } + found).sorted { $0.path < $1.path }
            try record(members, of: entry, isWhole: entry.needsAllMembers || known?.isWhole == true)
        }
        return entry.needsAllMembers ? members : members.filter { entry.members.contains($0.path) }
    }

    private func unpack(_ entry: DepotPlan.Entry, _ location: BlobLocation) throws(PayloadError) -> [DepotMember] {
        let names = entry.needsAllMembers ? nil : entry.members
        let file = try StoreFiles.openForReading(location.file)
        defer { try? file.close() }
        do {
            var members: [DepotMember] = []
            try ArchiveMembers.extract(names, from: file, subject: entry.name) { member, content in
                let target = try AtomicFile.create(in: store.blobs)
                var hasher = BlobHasher()
                try content { piece in
                    hasher.update(piece)
                    try target.write(piece)
                }
                let digest = hasher.finish()
                // It can be unpacked again: no need to wait for the disk.
                try target.commit(as: digest.hex, durable: false)
                members.append(
                    DepotMember(
                        path: member.path, digest: digest, size: member.size,
                        mode: Permissions(bits: member.permissions.bits & 0o777)))
            }
            return members
        } catch let error as ArchiveError {
            throw .archive(error)
        } catch {
            throw .system(operation: "unpack", path: location.file.string, error: error as? Errno ?? .ioError)
        }
    }

    // MARK: The list, a depot.json of one payload

    private func path(of entry: DepotPlan.Entry, whole: Bool) -> FilePath {
        store.members.appending(entry.digest.hex + (whole ? ".all.json" : ".json"))
    }

    /// Nil when there is none, when it is damaged, or when the store has lost one of the files: then it is made again.
    private func list(of entry: DepotPlan.Entry) -> (members: [DepotMember], isWhole: Bool)? {
        for isWhole in [true, false] {
            guard let bytes = try? bytes(of: path(of: entry, whole: isWhole)),
                let manifest = try? DepotManifest(parsing: bytes, reader: "slipway"),
                let payload = manifest.payloads.first, payload.digest == entry.digest,
                payload.members.allSatisfy({ store.location(of: $0.digest)?.size == $0.size })
            else { continue }
            return (payload.members, isWhole)
        }
        return nil
    }

    private func bytes(of path: FilePath) throws -> [UInt8] {
        let file = try StoreFiles.openForReading(path)
        defer { try? file.close() }
        let limit = 16 << 20
        guard let size = StoreFiles.size(path), size <= limit else { throw Errno.fileTooLarge }
        var buffer = [UInt8](repeating: 0, count: Int(size))
        let count = try unsafe buffer.withUnsafeMutableBytes { try unsafe file.read(into: $0) }
        return Array(buffer[..<count])
    }

    private func record(_ members: [DepotMember], of entry: DepotPlan.Entry, isWhole: Bool) throws(PayloadError) {
        let payload = DepotPayload(name: entry.name, digest: entry.digest, size: entry.size ?? 0, members: members)
        do throws(ArchiveError) {
            let file = try AtomicFile.create(in: store.members)
            try file.write(CanonicalJSON.encode(DepotManifest(payloads: [payload]).json))
            try file.commit(as: path(of: entry, whole: isWhole).lastComponent?.string ?? "", durable: false)
        } catch {
            throw .archive(error)
        }
    }
}
