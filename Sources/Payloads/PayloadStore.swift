import Archive
import BundleFormat
import HostSystem
public import SystemPackage
public import Values

/// Payloads on disk by their digests, shared by all clusters of a user.
///
///     blobs/sha256/<hex>   a payload, or a file that was unpacked from one; complete and checked: present means done
///     partial/…            what is being fetched, for going on later
///     import/…             what is being imported, for going on later; readable by its owner alone
///
/// Any number of processes may use a store at once.
public struct PayloadStore: BlobSource {
    public let root: FilePath

    /// Opens a store, made when it is not there.
    public static func open(_ root: FilePath) throws(PayloadError) -> PayloadStore {
        let store = PayloadStore(root: root)
        for directory in [store.blobs, store.partials] { try StoreFiles.makeDirectories(directory) }
        return store
    }

    /// `$XDG_CACHE_HOME/slipway`, else `~/.cache/slipway` (XDG Base Directory Specification: a relative value is ignored).
    public static func defaultRoot(_ environment: [String: String]) throws(PayloadError) -> FilePath {
        if let cache = environment["XDG_CACHE_HOME"], cache.hasPrefix("/") {
            return FilePath(cache).appending("slipway")
        }
        guard let home = environment["HOME"], home.hasPrefix("/") else { throw .noStore }
        return FilePath(home).appending(".cache/slipway")
    }

    private init(root: FilePath) { self.root = root }

    var blobs: FilePath { root.appending("blobs/sha256") }
    var partials: FilePath { root.appending("partial") }

    func path(of digest: Digest) -> FilePath { blobs.appending(digest.hex) }

    public func location(of digest: Digest) -> BlobLocation? {
        let path = path(of: digest)
        return StoreFiles.size(path).map { BlobLocation(file: path, size: $0) }
    }

    /// Copies a file, or a range of its bytes, into the store in one pass, checking it on the way.
    ///
    /// - Returns: what was found; nothing is kept when `accept` throws.
    func add(
        _ file: FileDescriptor, range: Range<Int64>? = nil, named subject: String,
        accept: (_ digest: Digest, _ size: Int64) throws(PayloadError) -> Void
    ) throws(PayloadError) -> (digest: Digest, size: Int64) {
        do {
            let target = try AtomicFile.create(in: blobs, permissions: 0o444)
            let found = try BlobHasher.digest(of: file, range: range, subject: subject) {
                (piece) throws(ArchiveError) in
                try target.write(piece)
            }
            try accept(found.digest, found.size)
            try target.commit(as: found.digest.hex)
            return found
        } catch let error as ArchiveError {
            throw .archive(error)
        } catch let error as PayloadError {
            throw error
        } catch {
            throw .system(operation: "write", path: blobs.string, error: .ioError)
        }
    }

    /// Keeps bytes that the caller has hashed.
    func add(_ bytes: [UInt8], as digest: Digest) throws(PayloadError) {
        let file = try AtomicFile<PayloadError>.create(in: blobs, permissions: 0o444)
        try file.write(bytes)
        try file.commit(as: digest.hex)
    }

    /// Gives a complete file of the store's file system its final name. The caller has checked it and holds it open.
    package func adopt(_ partial: FilePath, _ file: FileDescriptor, as digest: Digest) throws(PayloadError) {
        try StoreFiles.setPermissions(file, 0o444, partial)
        try StoreFiles.synchronise(file, partial)
        try StoreFiles.rename(partial, to: path(of: digest))
        try StoreFiles.synchroniseDirectory(blobs)
    }
}

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
