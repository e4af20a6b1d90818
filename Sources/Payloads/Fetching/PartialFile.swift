import Archive
import BundleFormat
import SystemPackage
import Values

/// A file in the store that is being fetched, locked for this process.
struct PartialFile: ~Copyable {
    let path: FilePath
    private let file: FileDescriptor
    private(set) var size: Int64

    static func open(_ path: FilePath) throws(PayloadError) -> PartialFile {
        let file = try StoreFiles.openLocked(path)
        do throws(PayloadError) {
            return PartialFile(path: path, file: file, size: try StoreFiles.size(of: file, path))
        } catch {
            try? file.close()
            throw error
        }
    }

    deinit { try? file.close() }

    mutating func append(_ bytes: Span<UInt8>) throws(PayloadError) {
        do { try unsafe bytes.withUnsafeBytes { _ = try unsafe file.writeAll(toAbsoluteOffset: size, $0) } } catch {
            throw failure(error)
        }
        size += Int64(bytes.count)
    }

    mutating func empty() throws(PayloadError) {
        do { try file.resize(to: 0) } catch { throw failure(error) }
        size = 0
    }

    /// What the file really holds, read back from disk.
    func digest() throws(PayloadError) -> (digest: Digest, size: Int64) {
        do throws(ArchiveError) { return try BlobHasher.digest(of: file, subject: path.string) } catch {
            throw .archive(error)
        }
    }

    func adopt(into store: PayloadStore, as digest: Digest) throws(PayloadError) {
        try store.adopt(path, file, as: digest)
    }

    func remove() { StoreFiles.remove(path) }

    private func failure(_ error: any Error) -> PayloadError {
        .system(operation: "write", path: path.string, error: error as? Errno ?? .ioError)
    }
}
