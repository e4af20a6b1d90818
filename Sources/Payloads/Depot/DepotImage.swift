import HostSystem
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
        guard let name = path.lastComponent?.string else {
            throw .archive(.inTheWay(path: path.string, reason: "it is not the name of a file"))
        }
        do {
            let layout = try StreamedISO(
                label: DepotContents.label,
                files: contents.files.map { .init(path: $0.path, permissions: $0.permissions, size: $0.content.size) },
                epoch: epoch)
            let target = try AtomicFile.create(in: path.removingLastComponent())
            try target.descriptor.resize(to: layout.size)
            try target.write(layout.header)
            for extent in layout.extents {
                try put(contents.files[extent.content].content, at: extent.offset, in: target.descriptor, path)
            }
            // It can be made again from the store: no need to wait for the disk.
            try target.commit(as: name, durable: false)
            return layout.size
        } catch {
            throw PayloadError(error, path)
        }
    }

    private static func put(
        _ content: DepotFile.Content, at offset: Int64, in image: FileDescriptor, _ path: FilePath
    ) throws {
        switch content {
        case .bytes(let bytes):
            try unsafe bytes.withUnsafeBytes { _ = try unsafe image.writeAll(toAbsoluteOffset: offset, $0) }
        case .blob(let digest, let location, let name):
            try location.copy(to: image, at: offset, as: path, expecting: digest, of: name)
        }
    }
}
