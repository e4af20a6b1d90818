import Archive
import BundleFormat
import Foundation
import HostSystem
public import SystemPackage

/// Writes a depot as a directory, for machines that share the host's kernel and so its file systems.
///
/// Files are hard links into the store where both lie on one file system: such a directory must be given to machines read-only,
/// or a machine could change the store.
public enum DepotDirectory {
    /// Makes the directory beside its target and moves it there complete. A depot with the same `depot.json` that stands there is left
    /// alone, so that machines that have it mounted keep it; another depot is replaced.
    ///
    /// - Returns: whether anything was written.
    @discardableResult
    public static func write(_ contents: DepotContents, to path: FilePath) throws(PayloadError) -> Bool {
        let manifest = CanonicalJSON.encode(contents.manifest.json)
        let exists = StoreFiles.exists(path)
        if exists {
            guard StoreFiles.isDirectory(path), StoreFiles.exists(path.appending(DepotManifest.path)) else {
                throw .inTheWay(path: path.string)
            }
            if FileManager.default.contents(atPath: path.appending(DepotManifest.path).string) == Data(manifest) {
                return false
            }
        }
        let name = path.lastComponent?.string ?? "depot"
        let parent = path.removingLastComponent()
        let tag = String(UInt64.random(in: .min ... .max), radix: 36)
        let fresh = parent.appending(".slipway-\(tag)-\(name)")
        do throws(PayloadError) {
            try StoreFiles.makeDirectories(fresh)
            try Parallel.forEach(contents.files.count, width: DepotImage.width) { (index) throws(PayloadError) in
                try place(contents.files[index], below: fresh)
            }
            if exists {
                let old = parent.appending(".slipway-\(tag)-old-\(name)")
                try StoreFiles.rename(path, to: old)
                try StoreFiles.rename(fresh, to: path)
                try? FileManager.default.removeItem(atPath: old.string)
            } else {
                try StoreFiles.rename(fresh, to: path)
            }
        } catch {
            try? FileManager.default.removeItem(atPath: fresh.string)
            throw error
        }
        return true
    }

    private static func place(_ file: DepotFile, below root: FilePath) throws(PayloadError) {
        let path = root.pushing(FilePath(file.path))
        let directory = path.removingLastComponent()
        try StoreFiles.makeDirectories(directory)
        // A link has the mode of the store's file, so one that is started from the depot is a copy.
        if case .blob(let digest, let location, let name) = file.content, file.path != GuestLayout.applier,
            try location.link(to: path, expecting: digest, of: name)
        {
            return
        }
        do {
            let target = try AtomicFile.create(in: directory, permissions: file.permissions)
            switch file.content {
            case .bytes(let bytes): try target.write(bytes)
            case .blob(let digest, let location, let name):
                try location.copy(to: target.descriptor, at: 0, as: path, expecting: digest, of: name)
            }
            try target.commit(as: path.lastComponent?.string ?? "", durable: false)
        } catch {
            throw PayloadError(error, path)
        }
    }
}

/// Writes a depot as an ISO 9660 image.
public enum DepotImage {
    /// How many files are copied at a time. One is not enough: a processor hashes more slowly than the page cache gives. More than
    /// this makes nothing faster and sends a disk's heads back and forth.
    static let width = 4

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
                label: DepotLayout.label,
                files: contents.files.map { .init(path: $0.path, permissions: $0.permissions, size: $0.content.size) },
                epoch: epoch)
            let target = try AtomicFile.create(in: path.removingLastComponent())
            try target.descriptor.resize(to: layout.size)
            try target.write(layout.header)
            let image = target.descriptor
            try Parallel.forEach(layout.extents.count, width: width) { index in
                let extent = layout.extents[index]
                try put(contents.files[extent.content].content, at: extent.offset, in: image, path)
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
