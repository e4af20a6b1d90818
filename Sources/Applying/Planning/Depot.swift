import BundleFormat
import Values

/// The mounted depot: blobs by their digests. Nothing it says of them is believed; what they must be is in machine.json.
struct Depot {
    let directory: RootDirectory

    static let usualPlace = "/run/slipway/depot"

    /// - Throws: ``ApplyError`` when the directory is not a depot, or one from the future.
    init(_ path: String) throws(ApplyError) {
        let documentPath = "/" + DepotManifest.path
        do { directory = try RootDirectory(path) } catch { throw .missingDepot(path) }
        guard let bytes = try directory.content(of: documentPath) else { throw .missingDepot(directory.hostPath) }
        do { _ = try DepotManifest(parsing: bytes) } catch {
            throw .badDocument(path: directory.hostPath(of: documentPath), reason: error.description)
        }
    }

    /// Whether a file with this name is there: a payload, or a file that was unpacked from one.
    func hasBlob(_ digest: Digest) throws(ApplyError) -> Bool { try directory.status("/" + digest.blobPath) != nil }
}
