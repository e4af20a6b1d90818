import Archive
import BundleFormat
public import SystemPackage
import Values

extension BlobLocation {
    /// Puts the blob at a path as a file of its own: linked where that is possible, so that it takes no room, else copied beside
    /// it and renamed. What is there already is replaced. Nothing may write to the result, or it would change the store.
    public func place(at path: FilePath) throws(PayloadError) {
        let parent = path.removingLastComponent()
        try StoreFiles.makeDirectories(parent)
        if isWholeFile {
            let beside = parent.appending(".slipway-\(String(UInt64.random(in: .min ... .max), radix: 36))")
            if StoreFiles.link(file, to: beside) {
                // Where both are the same file already, rename(2) does nothing and leaves the other name.
                defer { StoreFiles.remove(beside) }
                return try StoreFiles.rename(beside, to: path)
            }
        }
        do throws(ArchiveError) {
            let target = try AtomicFile.create(in: parent, permissions: 0o444)
            try copy(to: target.descriptor, as: path)
            try target.commit(as: path.lastComponent?.string ?? "", durable: false)
        } catch {
            throw .archive(error)
        }
    }

    func copy(to target: FileDescriptor, as path: FilePath) throws(ArchiveError) {
        let source: FileDescriptor
        do { source = try FileDescriptor.open(file, .readOnly, options: .closeOnExec) } catch {
            throw .system(operation: "read", subject: file.string, error: error as? Errno ?? .ioError)
        }
        defer { try? source.close() }
        try FileCopy.copy(
            from: source, at: offset, count: size, to: target, at: 0,
            names: .init(source: file.string, target: path.string))
    }

    /// Whether the blob is a file of its own, not a piece of one.
    var isWholeFile: Bool { offset == 0 && StoreFiles.size(file) == size }
}
