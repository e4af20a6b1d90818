import Archive
import BundleFormat
import Values

/// Bytes with the descriptor that names them.
struct Blob: Sendable {
    let bytes: [UInt8]
    let descriptor: Descriptor

    init(_ bytes: [UInt8], mediaType: String, annotations: [String: String] = [:]) {
        self.bytes = bytes
        descriptor = Descriptor(
            mediaType: mediaType, digest: Values.Digest(hashing: bytes), size: Int64(bytes.count),
            annotations: annotations)
    }

    /// A document of ours in canonical JSON.
    init(_ json: JSONValue, mediaType: String, annotations: [String: String] = [:]) {
        self.init(
            CanonicalJSON.encode(json), mediaType: mediaType, annotations: annotations)
    }
}
