import Archive
package import BundleFormat
package import SystemPackage
package import Values

/// The blobs of a file that is an OCI image layout in a tar: where each lies, read on demand and checked against its name.
///
/// Opening reads the tar's headers once and no content but `oci-layout` and `index.json`.
package final class BlobStore: Sendable {
    /// What a member of the tar is.
    package enum Kind: Hashable {
        case marker, index
        case blob(Values.Digest)
    }

    /// A member in the order of the file.
    package struct Member: Sendable {
        package let kind: Kind
        /// Of the content, bytes from the file's start.
        package let offset: Int64
        package let size: Int64

        package var path: String {
            switch kind {
            case .marker: ImageLayout.markerPath
            case .index: ImageLayout.indexPath
            case .blob(let digest): digest.blobPath
            }
        }
    }

    /// The file as it was named.
    package let file: String
    let descriptor: FileDescriptor
    package let members: [Member]
    package let index: Index
    /// The bytes of `oci-layout` and `index.json`.
    package let (marker, indexBytes): ([UInt8], [UInt8])
    private let places: [Values.Digest: Int]

    /// Opens a bundle.
    ///
    /// - Throws: ``ArchiveError`` for a damaged or hostile tar, ``BundleError`` when it is no bundle, `Errno` when it cannot be opened.
    package static func open(_ path: FilePath) throws -> BlobStore {
        let descriptor = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
        do { return try BlobStore(descriptor, file: path.string) } catch {
            try? descriptor.close()
            // libarchive's "unrecognized archive format" says nothing to somebody who named the wrong file.
            if case ArchiveError.library(_, _, let message) = error {
                throw BundleError.notABundle(
                    file: path.string, reason: "it is not a tar archive (libarchive: \(message))")
            }
            throw error
        }
    }

    private init(_ descriptor: FileDescriptor, file: String) throws {
        var reader = try TarReader.open(descriptor, subject: file)
        var (members, places): ([Member], [Values.Digest: Int]) = ([], [:])
        var (marker, index): ([UInt8]?, [UInt8]?) = (nil, nil)
        while let member = try reader.next() {
            if member.isDirectory { continue }
            let kind: Kind
            switch member.path {
            case ImageLayout.markerPath:
                marker = try reader.bytes(limit: 4096)
                kind = .marker
            case ImageLayout.indexPath:
                index = try reader.bytes(limit: 1 << 20)
                kind = .index
            default:
                guard let digest = ImageLayout.digest(ofBlobAt: member.path) else {
                    throw BundleError.notABundle(
                        file: file,
                        reason: "it holds '\(printable(member.path))', which has no place in an OCI layout")
                }
                places[digest] = members.count
                kind = .blob(digest)
            }
            members.append(Member(kind: kind, offset: member.contentOffset, size: member.size))
        }
        guard let marker, let index else {
            let missing = marker == nil ? ImageLayout.markerPath : ImageLayout.indexPath
            throw BundleError.notABundle(file: file, reason: "\(missing) is missing")
        }
        do throws(FormatError) {
            try ImageLayout.checkMarker(marker)
            self.index = try Index(parsing: index)
        } catch {
            throw BundleError.document(file: file, name: "index", error: error)
        }
        (self.file, self.descriptor, self.members, self.places) = (file, descriptor, members, places)
        (self.marker, indexBytes) = (marker, index)
    }

    deinit { try? descriptor.close() }

    /// Where the blob lies, `nil` when it is absent.
    package func place(of digest: Values.Digest) -> BlobPlace? {
        places[digest].map {
            BlobPlace(descriptor: descriptor, offset: members[$0].offset, size: members[$0].size)
        }
    }

    /// The whole blob, checked.
    ///
    /// - Parameter limit: the most bytes that are held in memory.
    /// - Throws: ``BundleError`` when it is absent or damaged.
    package func bytes(_ descriptor: Descriptor, name: String, limit: Int64) throws -> [UInt8] {
        guard let place = place(of: descriptor.digest) else {
            throw BundleError.missingBlob(file: file, name: name, digest: descriptor.digest)
        }
        guard place.size <= limit else {
            throw ArchiveError.limitExceeded(archive: file, what: "the size of \(name)", limit: limit)
        }
        guard place.size == descriptor.size else {
            throw BundleError.wrongSize(file: file, name: name, expected: descriptor.size, found: place.size)
        }
        let bytes = try read(at: place.offset, count: Int(place.size))
        let found = Values.Digest(hashing: bytes)
        guard found == descriptor.digest else {
            throw BundleError.wrongDigest(file: file, name: name, expected: descriptor.digest, found: found)
        }
        return bytes
    }

    /// Exactly `count` bytes of the file.
    func read(at offset: Int64, count: Int) throws -> [UInt8] {
        try unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
            while used < count {
                let rest = unsafe UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[used...])
                let got = try unsafe descriptor.read(fromAbsoluteOffset: offset + Int64(used), into: rest)
                guard got > 0 else {
                    throw ArchiveError.truncated(archive: file, detail: "byte \(offset + Int64(used)) is not there")
                }
                used += got
            }
        }
    }
}

extension BlobStore {
    /// Gives a member's content to `body` in large pieces.
    func stream(_ member: Member, _ body: (Span<UInt8>) throws -> Void) throws {
        var buffer = [UInt8](repeating: 0, count: Int(min(max(member.size, 1), 1 << 20)))
        let end = member.offset + member.size
        var offset = member.offset
        while offset < end {
            let wanted = min(Int(end - offset), buffer.count)
            let count = try unsafe buffer.withUnsafeMutableBytes { bytes in
                try unsafe descriptor.read(
                    fromAbsoluteOffset: offset, into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<wanted]))
            }
            guard count > 0 else {
                throw ArchiveError.truncated(archive: file, detail: "'\(member.path)' ends too early")
            }
            try body(buffer.span.extracting(first: count))
            offset += Int64(count)
        }
    }
}
