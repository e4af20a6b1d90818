import BundleFormat
import Foundation
public import SystemPackage
public import Values

/// The blobs of a depot that was made before, as a directory. Nothing it says of itself is believed: what is taken from it is looked
/// up by the digests of a bundle and hashed when it is placed.
public struct DepotBlobs: BlobSource {
    private let directory: FilePath

    /// - Throws: ``PayloadError/unreadable(path:error:)`` when there is no depot, ``FormatError`` when its list is not valid.
    public init(_ directory: FilePath) throws {
        let path = directory.appending(DepotManifest.path)
        guard let list = FileManager.default.contents(atPath: path.string) else {
            throw PayloadError.unreadable(path: path.string, error: .noSuchFileOrDirectory)
        }
        _ = try DepotManifest(parsing: [UInt8](list), reader: "slipway")
        self.directory = directory
    }

    public func location(of digest: Digest) -> BlobLocation? {
        let path = directory.pushing(FilePath(digest.blobPath))
        return StoreFiles.size(path).map { BlobLocation(file: path, size: $0) }
    }
}
