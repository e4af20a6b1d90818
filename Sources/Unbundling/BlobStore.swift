import Archive
import BundleFormat
import SystemPackage
import Values

/// The blobs of a bundle file: where each lies, read on demand and checked against its name.
///
/// Opening reads the tar's headers once and no content but `oci-layout` and `index.json`.
final class BlobStore: Sendable {
    /// The file as it was named.
    let file: String
    let index: Index
    /// Digests in the order they lie in the file.
    let digests: [Values.Digest]
    private let descriptor: FileDescriptor
    private let members: [Values.Digest: ArchiveMember]

    private init(
        file: String, index: Index, digests: [Values.Digest], descriptor: FileDescriptor,
        members: [Values.Digest: ArchiveMember]
    ) {
        (self.file, self.index, self.digests) = (file, index, digests)
        (self.descriptor, self.members) = (descriptor, members)
    }

    deinit { try? descriptor.close() }

    /// Opens a bundle.
    ///
    /// - Throws: ``ArchiveError`` for a damaged or hostile tar, ``BundleError`` when it is no bundle, `Errno` when it cannot be opened.
    static func open(_ path: FilePath) throws -> BlobStore {
        let descriptor = try FileDescriptor.open(path, .readOnly)
        do { return try scan(descriptor, file: path.string) } catch {
            try? descriptor.close()
            // libarchive's "unrecognized archive format" says nothing to somebody who named the wrong file.
            if case ArchiveError.library(_, _, let message) = error {
                throw BundleError.notABundle(
                    file: path.string, reason: "it is not a tar archive (libarchive: \(message))")
            }
            throw error
        }
    }

    private static func scan(_ descriptor: FileDescriptor, file: String) throws -> BlobStore {
        var reader = try TarReader.open(descriptor, subject: file)
        var members: [Values.Digest: ArchiveMember] = [:]
        var digests: [Values.Digest] = []
        var marker: [UInt8]?
        var index: [UInt8]?
        while let member = try reader.next() {
            if member.isDirectory { continue }
            switch member.path {
            case ImageLayout.markerPath: marker = try reader.bytes(limit: 4096)
            case ImageLayout.indexPath: index = try reader.bytes(limit: 4 << 20)
            default:
                guard let digest = ImageLayout.digest(ofBlobAt: member.path) else {
                    throw BundleError.notABundle(
                        file: file, reason: "it holds '\(member.path)', which has no place in an OCI layout")
                }
                members[digest] = member
                digests.append(digest)
            }
        }
        guard let marker, let index else {
            let missing = marker == nil ? ImageLayout.markerPath : ImageLayout.indexPath
            throw BundleError.notABundle(file: file, reason: "\(missing) is missing")
        }
        do throws(FormatError) {
            try ImageLayout.checkMarker(marker)
            return BlobStore(
                file: file, index: try Index(parsing: index), digests: digests, descriptor: descriptor, members: members
            )
        } catch {
            throw BundleError.document(file: file, name: "index", error: error)
        }
    }

    func contains(_ digest: Values.Digest) -> Bool { members[digest] != nil }

    /// Where the blob lies, `nil` when it is absent.
    func place(of digest: Values.Digest) -> BlobPlace? {
        members[digest].map { BlobPlace(descriptor: descriptor, offset: $0.contentOffset, size: $0.size) }
    }

    /// Size of a blob in bytes, `nil` when it is absent.
    func size(of digest: Values.Digest) -> Int64? { members[digest]?.size }

    /// The whole blob, checked.
    ///
    /// - Parameter limit: the most bytes that are held in memory.
    /// - Throws: ``BundleError`` when it is absent or damaged.
    func bytes(_ descriptor: Descriptor, name: String, limit: Int64 = 512 << 20) throws -> [UInt8] {
        guard let member = members[descriptor.digest] else {
            throw BundleError.missingBlob(file: file, name: name, digest: descriptor.digest)
        }
        guard member.size <= limit else {
            throw ArchiveError.limitExceeded(archive: file, what: "the size of \(name)", limit: limit)
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(member.size))
        try stream(member) { bytes.append($0) }
        let found = Values.Digest(hashing: bytes)
        guard found == descriptor.digest else {
            throw BundleError.wrongDigest(file: file, name: name, expected: descriptor.digest, found: found)
        }
        return bytes
    }

    /// The digest that the blob's bytes really have.
    func recomputedDigest(of digest: Values.Digest) throws -> Values.Digest? {
        guard let member = members[digest] else { return nil }
        var hasher = BlobHasher()
        try stream(member) { hasher.update($0) }
        return hasher.finish()
    }

    private func stream(_ member: ArchiveMember, _ body: (Span<UInt8>) throws -> Void) throws {
        var buffer = [UInt8](repeating: 0, count: Int(min(max(member.size, 1), 1 << 20)))
        var offset = member.contentOffset
        let end = offset + member.size
        while offset < end {
            let wanted = min(Int(end - offset), buffer.count)
            let count = try unsafe buffer.withUnsafeMutableBytes { bytes in
                let piece = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[..<wanted])
                return try unsafe descriptor.read(fromAbsoluteOffset: offset, into: piece)
            }
            guard count > 0 else {
                throw ArchiveError.truncated(archive: file, detail: "'\(member.path)' ends too early")
            }
            try body(buffer.span.extracting(first: count))
            offset += Int64(count)
        }
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ piece: Span<UInt8>) {
        unsafe piece.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}
