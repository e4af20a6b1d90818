import Archive
import BundleFormat
import SystemPackage
import Values

/// Bytes with the descriptor that names them.
struct Blob: Sendable {
    let bytes: [UInt8]
    let descriptor: Descriptor

    init(_ bytes: [UInt8], mediaType: String) {
        self.bytes = bytes
        descriptor = Descriptor(
            mediaType: mediaType, digest: Values.Digest(hashing: bytes), size: Int64(bytes.count))
    }

    /// A document of ours in canonical JSON.
    init(_ json: JSONValue, mediaType: String, capacity: Int = 64 << 10) {
        self.init(CanonicalJSON.encode(json, capacity: capacity), mediaType: mediaType)
    }
}

/// Writes an OCI image layout as a tar, blob by blob, each digest once.
struct BlobWriter: ~Copyable {
    private var tar: TarWriter
    private var written: Set<Values.Digest> = []
    private let epoch: Int64

    private init(tar: consuming TarWriter, epoch: Int64) {
        self.tar = tar
        self.epoch = epoch
    }

    /// Begins the layout with its marker.
    static func create(
        on descriptor: FileDescriptor, subject: String, epoch: Int64
    ) throws(ArchiveError) -> BlobWriter {
        var tar = try TarWriter.create(on: descriptor, subject: subject)
        try tar.append(.file(ImageLayout.markerPath, CanonicalJSON.encode(ImageLayout.marker), modified: epoch))
        return BlobWriter(tar: tar, epoch: epoch)
    }

    mutating func append(_ blob: Blob) throws(ArchiveError) {
        guard written.insert(blob.descriptor.digest).inserted else { return }
        try tar.append(.file(blob.descriptor.digest.blobPath, blob.bytes, modified: epoch))
    }

    /// Writes `index.json` with its one entry and ends the archive.
    consuming func finish(_ index: Index) throws(ArchiveError) {
        try tar.append(.file(ImageLayout.indexPath, index.encoded, modified: epoch))
        try tar.finish()
    }
}
