import Archive
import BundleFormat
public import SystemPackage
public import Values

/// The blobs that lie in a bundle file: a full bundle holds its payloads.
public struct BundledBlobs: BlobSource {
    private let locations: [Digest: BlobLocation]

    /// Reads the tar's headers and no content.
    public init(reading path: FilePath) throws(PayloadError) {
        let file = try StoreFiles.openForReading(path)
        defer { try? file.close() }
        do throws(ArchiveError) {
            var reader = try TarReader.open(file, subject: path.string)
            var locations: [Digest: BlobLocation] = [:]
            while let member = try reader.next() {
                guard !member.isDirectory, let digest = ImageLayout.digest(ofBlobAt: member.path) else { continue }
                locations[digest] = BlobLocation(file: path, offset: member.contentOffset, size: member.size)
            }
            self.locations = locations
        } catch {
            throw .archive(error)
        }
    }

    public func location(of digest: Digest) -> BlobLocation? { locations[digest] }
}
