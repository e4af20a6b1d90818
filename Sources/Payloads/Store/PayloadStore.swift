import Archive
import BundleFormat
import HostSystem
public import SystemPackage
public import Values

/// Payloads on disk by their digests, shared by all clusters of a user.
///
///     blobs/sha256/<hex>   a payload, or a file that was unpacked from one; complete and checked: present means done
///     partial/…            what is being fetched, for going on later
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

    /// Gives a complete file in `partials` its final name. The caller has checked it and holds it open.
    func adopt(_ partial: FilePath, _ file: FileDescriptor, as digest: Digest) throws(PayloadError) {
        try StoreFiles.setPermissions(file, 0o444, partial)
        try StoreFiles.synchronise(file, partial)
        try StoreFiles.rename(partial, to: path(of: digest))
        try StoreFiles.synchroniseDirectory(blobs)
    }
}
