import Archive
import BundleFormat
import HostSystem
public import SystemPackage
public import Values

/// Something that holds blobs by their digests.
public protocol BlobSource: Sendable {
    /// Nil when the blob is not there.
    func location(of digest: Digest) -> BlobLocation?
}

/// Where the bytes of a blob lie, as something says that is not believed: whatever is made of them is hashed on the way.
///
/// There is no list of files that were found right before. A hard link is made of a file that has been read and compared just then,
/// and of no other: hashing runs at the speed of the disk, and what is in place already is not placed again.
/// Afterwards the link and the store are one file. Whoever can write to it could as well write to the instance's own directory:
/// both belong to the same user, and the store's blobs have mode 0444, so that nothing does so by mistake.
public struct BlobLocation: Hashable, Sendable {
    public let file: FilePath
    /// Bytes from the file's start.
    public let offset: Int64
    /// Bytes.
    public let size: Int64

    var range: Range<Int64> { offset..<(offset + size) }

    public init(file: FilePath, offset: Int64 = 0, size: Int64) {
        self.file = file
        self.offset = offset
        self.size = size
    }

    /// Whether the blob is a file of its own, not a piece of one.
    private var isWholeFile: Bool { offset == 0 && StoreFiles.size(file) == size }

    /// Reads the blob and compares it.
    ///
    /// - Throws: ``PayloadError/damaged(name:file:expected:found:)``
    public func check(_ digest: Digest, of name: String) throws(PayloadError) {
        let file = try StoreFiles.openForReading(file)
        defer { try? file.close() }
        try compare(digest, of: name) { () throws(ArchiveError) in
            try BlobHasher.digest(of: file, range: range, subject: self.file.string)
        }
    }

    /// Puts the blob at a path as a file of its own: linked where that is possible, so that it takes no room, else copied beside it
    /// and renamed. What is there already is replaced. Nothing may write to the result, or it would change the store.
    ///
    /// - Parameter digest: what the bytes must have; nil for a file that the user named and nobody pinned.
    public func place(at path: FilePath, expecting digest: Digest?, of name: String) throws(PayloadError) {
        let parent = path.removingLastComponent()
        try StoreFiles.makeDirectories(parent)
        let beside = parent.appending(".slipway-\(String(UInt64.random(in: .min ... .max), radix: 36))")
        if try link(to: beside, expecting: digest, of: name) {
            // Where both are the same file already, rename(2) does nothing and leaves the other name.
            defer { StoreFiles.remove(beside) }
            return try StoreFiles.rename(beside, to: path)
        }
        do {
            let target = try AtomicFile.create(in: parent, permissions: 0o444)
            try copy(to: target.descriptor, at: 0, as: path, expecting: digest, of: name)
            try target.commit(as: path.lastComponent?.string ?? "", durable: false)
        } catch let error as PayloadError {
            throw error
        } catch {
            throw PayloadError(error, path)
        }
    }

    /// A second name for a blob that is a file of its own and has been read just now; false where the file system has no such
    /// thing, or the file is a symbolic link.
    func link(to path: FilePath, expecting digest: Digest?, of name: String) throws(PayloadError) -> Bool {
        guard isWholeFile else { return false }
        let file = try StoreFiles.openForReading(file)
        defer { try? file.close() }
        guard StoreFiles.link(self.file, to: path) else { return false }
        do throws(PayloadError) {
            // From here on the new name is the file that is open, whatever happens to the old one.
            guard try StoreFiles.isSame(file, path) else {
                StoreFiles.remove(path)
                return false
            }
            if let digest {
                try compare(digest, of: name) { () throws(ArchiveError) in
                    try BlobHasher.digest(of: file, subject: self.file.string)
                }
            }
            return true
        } catch {
            StoreFiles.remove(path)
            throw error
        }
    }

    /// Copies the blob into an open file, hashing it in the same pass. On a mismatch the caller throws the target away.
    func copy(
        to target: FileDescriptor, at targetOffset: Int64, as path: FilePath, expecting digest: Digest?, of name: String
    ) throws(PayloadError) {
        let source = try StoreFiles.openForReading(file)
        defer { try? source.close() }
        guard let digest else {
            do throws(ArchiveError) {
                return try FileCopy.copy(
                    from: source, at: offset, count: size, to: target, at: targetOffset,
                    names: FileNames(source: file.string, target: path.string))
            } catch {
                throw .archive(error)
            }
        }
        var written = targetOffset
        try compare(digest, of: name) { () throws(ArchiveError) in
            try BlobHasher.digest(of: source, range: range, subject: file.string) { (piece) throws(ArchiveError) in
                do {
                    try unsafe piece.withUnsafeBytes { _ = try unsafe target.writeAll(toAbsoluteOffset: written, $0) }
                } catch {
                    throw .system(operation: "write", subject: path.string, error: error as? Errno ?? .ioError)
                }
                written += Int64(piece.count)
            }
        }
    }

    private func compare(
        _ digest: Digest, of name: String, _ read: () throws(ArchiveError) -> (digest: Digest, size: Int64)
    ) throws(PayloadError) {
        let found: (digest: Digest, size: Int64)
        do throws(ArchiveError) { found = try read() } catch { throw .archive(error) }
        guard found.digest == digest else {
            throw .damaged(name: name, file: file.string, expected: digest, found: found.digest)
        }
    }
}

extension PayloadError {
    /// An error from writing a file.
    init(_ error: any Error, _ path: FilePath) {
        switch error {
        case let error as PayloadError: self = error
        case let error as ArchiveError: self = .archive(error)
        default: self = .system(operation: "write", path: path.string, error: error as? Errno ?? .ioError)
        }
    }
}
