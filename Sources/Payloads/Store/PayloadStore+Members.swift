import HostSystem
import Archive
import BundleFormat
import SystemPackage
import Values

extension PayloadStore {
    /// Unpacks files of an archive in the store into blobs of their own and says what they are, sorted by path.
    ///
    /// - Parameters:
    ///   - names: paths in the archive; nil for every file, and then links and devices are refused.
    ///   - expected: what the caller knows of them already; a file that is not what it says is not kept.
    /// - Throws: ``PayloadError/archive(_:)`` when the archive lacks one, it is no regular file, or there are too many.
    func unpack(
        _ names: Set<String>?, of archive: Digest, named subject: String, expected: [String: PayloadMember] = [:]
    ) throws(PayloadError) -> [PayloadMember] {
        let path = path(of: archive)
        let file = try StoreFiles.openForReading(path)
        defer { try? file.close() }
        do {
            var members: [PayloadMember] = []
            try ArchiveMembers.extract(names, from: file, subject: subject) { member, content in
                guard members.count < PayloadMember.listLimit else {
                    throw ArchiveError.limitExceeded(
                        archive: subject, what: "the number of files that are placed",
                        limit: Int64(PayloadMember.listLimit))
                }
                let target = try AtomicFile.create(in: blobs, permissions: 0o444)
                var hasher = BlobHasher()
                var size: Int64 = 0
                try content { piece in
                    hasher.update(piece)
                    size += Int64(piece.count)
                    try target.write(piece)
                }
                let digest = hasher.finish()
                if let wanted = expected[member.path], wanted.digest != digest {
                    throw PayloadError.damaged(
                        name: "\(subject), \(member.path)", file: path.string, expected: wanted.digest, found: digest)
                }
                // It can be unpacked again: no need to wait for the disk.
                try target.commit(as: digest.hex, durable: false)
                members.append(PayloadMember(path: member.path, digest: digest, size: size, mode: member.permissions))
            }
            return members.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        } catch let error as ArchiveError {
            throw .archive(error)
        } catch let error as PayloadError {
            throw error
        } catch {
            throw .system(operation: "unpack", path: path.string, error: error as? Errno ?? .ioError)
        }
    }

    /// Reads a blob again and compares it with its name.
    func check(_ digest: Digest, of name: String) throws(PayloadError) {
        guard let location = location(of: digest) else { throw .absent(names: [name]) }
        try location.check(digest, of: name)
    }
}
