import Archive
import BundleFormat
public import SystemPackage

/// Writes a depot as an ISO 9660 image.
public enum DepotImage {
    /// Writes the image beside its target and moves it there complete; the same contents and epoch (seconds since 1970) give
    /// the same bytes.
    ///
    /// - Returns: the image's size in bytes.
    public static func write(_ contents: DepotContents, epoch: Int64, to path: FilePath) throws(PayloadError) -> Int64 {
        do throws(ArchiveError) { return try writeImage(contents, epoch, path) } catch { throw .archive(error) }
    }

    private static func writeImage(_ contents: DepotContents, _ epoch: Int64, _ path: FilePath) throws(ArchiveError)
        -> Int64
    {
        guard let name = path.lastComponent?.string else {
            throw .inTheWay(path: path.string, reason: "it is not the name of a file")
        }
        let layout = try StreamedISO(
            label: DepotContents.label,
            files: contents.files.map { .init(path: $0.path, permissions: $0.permissions, size: $0.content.size) },
            epoch: epoch)
        let target = try AtomicFile.create(in: path.removingLastComponent())
        do { try target.descriptor.resize(to: layout.size) } catch {
            throw .system(operation: "write", subject: path.string, error: error as? Errno ?? .ioError)
        }
        try target.write(layout.header)
        for extent in layout.extents {
            try put(contents.files[extent.content].content, at: extent.offset, in: target.descriptor, path)
        }
        // It can be made again from the store: no need to wait for the disk.
        try target.commit(as: name, durable: false)
        return layout.size
    }

    private static func put(
        _ content: DepotFile.Content, at offset: Int64, in image: FileDescriptor, _ path: FilePath
    ) throws(ArchiveError) {
        switch content {
        case .bytes(let bytes):
            do {
                try unsafe bytes.withUnsafeBytes { _ = try unsafe image.writeAll(toAbsoluteOffset: offset, $0) }
            } catch {
                throw .system(operation: "write", subject: path.string, error: error as? Errno ?? .ioError)
            }
        case .blob(_, let location):
            let file: FileDescriptor
            do { file = try FileDescriptor.open(location.file, .readOnly, options: .closeOnExec) } catch {
                throw .system(operation: "read", subject: location.file.string, error: error as? Errno ?? .ioError)
            }
            defer { try? file.close() }
            try FileCopy.copy(
                from: file, at: location.offset, count: location.size, to: image, at: offset,
                names: .init(source: location.file.string, target: path.string))
        }
    }
}
