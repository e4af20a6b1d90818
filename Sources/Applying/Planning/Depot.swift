import BundleFormat
import Values

/// The mounted depot.
struct Depot {
    let directory: RootDirectory
    private let payloads: [Digest: DepotPayload]

    static let usualPlace = "/run/slipway/depot"

    init(_ path: String) throws(ApplyError) {
        let documentPath = "/" + DepotManifest.path
        do { directory = try RootDirectory(path) } catch { throw .missingDepot(path) }
        guard let bytes = try directory.content(of: documentPath) else { throw .missingDepot(directory.hostPath) }
        do {
            let manifest = try DepotManifest(parsing: bytes)
            payloads = Dictionary(manifest.payloads.map { ($0.digest, $0) }) { first, _ in first }
        } catch {
            throw .badDocument(path: directory.hostPath(of: documentPath), reason: error.description)
        }
    }

    /// The payload with this digest; nil when the depot does not list it.
    func payload(_ digest: Digest) -> DepotPayload? { payloads[digest] }

    /// Whether the payload itself is there, and not only what was unpacked from it.
    func hasBlob(_ digest: Digest) throws(ApplyError) -> Bool { try directory.status("/" + digest.blobPath) != nil }
}
