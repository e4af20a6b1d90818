package import Archive
package import BundleFormat
import HostSystem
package import SystemPackage
package import Values

/// The blocks of a tar around its members' contents, byte for byte as `TarWriter` makes them: for looking at a tar, and for writing one of
/// which a name is known only after the content.
package struct TarBlocks: Sendable {
    /// Bytes of a block.
    package static let size: Int64 = 512
    /// Bytes of the end mark.
    package static let endSize = 2 * size

    private let template: [UInt8]

    /// - Parameter epoch: the time that each member has.
    package init(epoch: Int64) throws(ArchiveError) {
        let entry = try ArchiveEntry.file("x", [], modified: epoch)
        template = Array(try TarWriter.bytes(of: [entry]).prefix(Int(Self.size)))
    }

    /// The writer's header with this name, size and checksum (POSIX.1-2001, "ustar Interchange Format").
    ///
    /// - Parameter size: bytes of the content, below 8 GiB.
    package func header(_ path: String, size: Int64) -> [UInt8] {
        var block = template
        func put(_ text: String, at place: Int, length: Int) {
            let bytes = Array(text.utf8)
            for index in 0..<length { block[place + index] = index < bytes.count ? bytes[index] : 0 }
        }
        func octal(_ value: Int64, _ digits: Int) -> String {
            let text = String(value, radix: 8)
            return String(repeating: "0", count: max(0, digits - text.count)) + text
        }
        put(path, at: 0, length: 100)
        put(octal(size, 11) + " ", at: 124, length: 12)
        put("        ", at: 148, length: 8)
        let sum = block.reduce(0) { $0 + Int64($1) }
        put(octal(sum, 6) + "\0 ", at: 148, length: 8)
        return block
    }

    package static func padded(_ count: Int64) -> Int64 { (count + size - 1) / size * size }

    /// The zeros behind a content.
    package static func padding(after count: Int64) -> [UInt8] {
        [UInt8](repeating: 0, count: Int(padded(count) - count))
    }

    /// A header, a content and the zeros behind it.
    package static func member(_ count: Int64) -> Int64 { size + padded(count) }
}

/// Writes the tar around a bundle's blobs where these lie somewhere already, each at its place in the order of ``BundleLayout``.
package struct BundleTarWriter: ~Copyable {
    private let file: FileDescriptor
    private let name: String
    private let blocks: TarBlocks
    private var end: Int64 = 0

    /// Begins with the layout's marker.
    ///
    /// - Parameters:
    ///   - file: empty, open for writing.
    ///   - name: what errors call it.
    package static func create(
        _ file: FileDescriptor, name: String, epoch: Int64
    ) throws(ArchiveError) -> BundleTarWriter {
        var writer = BundleTarWriter(file: file, name: name, blocks: try TarBlocks(epoch: epoch))
        try writer.append(ImageLayout.markerPath, CanonicalJSON.encode(ImageLayout.marker))
        return writer
    }

    private init(file: FileDescriptor, name: String, blocks: TarBlocks) {
        (self.file, self.name, self.blocks) = (file, name, blocks)
    }

    package mutating func append(_ digest: Values.Digest, _ bytes: [UInt8]) throws(ArchiveError) {
        try append(digest.blobPath, bytes)
    }

    /// Copies a range of another file.
    package mutating func append(
        _ digest: Values.Digest, copying source: FileDescriptor, at offset: Int64, size: Int64, from sourceName: String
    ) throws(ArchiveError) {
        try write(blocks.header(digest.blobPath, size: size))
        try FileCopy.copy(
            from: source, at: offset, count: size, to: file, at: end,
            names: FileNames(source: sourceName, target: name))
        end += size
        try write(TarBlocks.padding(after: size))
    }

    /// Writes a blob whose name is known when it has been written.
    ///
    /// - Parameter body: gives its bytes, piece by piece, to the function it receives.
    package mutating func append(
        _ body: (_ write: @escaping ([UInt8]) throws -> Void) throws -> Void
    ) throws -> (digest: Values.Digest, size: Int64) {
        let place = end
        let blob = Growing(file, name, at: place + TarBlocks.size)
        try body { try blob.append($0) }
        let (digest, size) = (blob.hasher.finish(), blob.end - place - TarBlocks.size)
        try write(blocks.header(digest.blobPath, size: size))
        end = blob.end
        try write(TarBlocks.padding(after: size))
        return (digest, size)
    }

    /// Writes `index.json` and the end mark.
    package consuming func finish(_ index: Index) throws(ArchiveError) {
        try append(ImageLayout.indexPath, index.encoded)
        try write([UInt8](repeating: 0, count: Int(TarBlocks.endSize)))
    }

    private mutating func append(_ path: String, _ bytes: [UInt8]) throws(ArchiveError) {
        try write(blocks.header(path, size: Int64(bytes.count)))
        try write(bytes)
        try write(TarBlocks.padding(after: Int64(bytes.count)))
    }

    private mutating func write(_ bytes: [UInt8]) throws(ArchiveError) {
        try Growing.write(bytes, to: file, at: end, name)
        end += Int64(bytes.count)
    }

    /// A blob that is being written.
    private final class Growing {
        private let file: FileDescriptor
        private let name: String
        private(set) var end: Int64
        private(set) var hasher = BlobHasher()

        init(_ file: FileDescriptor, _ name: String, at start: Int64) {
            (self.file, self.name, end) = (file, name, start)
        }

        func append(_ bytes: [UInt8]) throws(ArchiveError) {
            hasher.update(bytes)
            try Self.write(bytes, to: file, at: end, name)
            end += Int64(bytes.count)
        }

        static func write(
            _ bytes: [UInt8], to file: FileDescriptor, at offset: Int64, _ name: String
        ) throws(ArchiveError) {
            do { try unsafe bytes.withUnsafeBytes { _ = try unsafe file.writeAll(toAbsoluteOffset: offset, $0) } } catch
            {
                throw .system(operation: "write to", subject: name, error: error as? Errno ?? .ioError)
            }
        }
    }
}
