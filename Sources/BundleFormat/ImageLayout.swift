public import Values

/// Names in the OCI image layout 1.0.0 (OCI image specification, image-layout.md).
public enum ImageLayout {
    public static let markerPath = "oci-layout"
    public static let indexPath = "index.json"
    public static let version = "1.0.0"

    /// The content of `oci-layout`.
    public static var marker: JSONValue { ["imageLayoutVersion": .string(version)] }

    /// Checks the content of `oci-layout`.
    public static func checkMarker(_ bytes: [UInt8]) throws(FormatError) {
        let document = try JSONParser.parse(bytes, limits: JSONLimits(byteCount: 4096, depth: 4))
        let found = try JSONCursor(document).required("imageLayoutVersion")
        guard try found.string() == version else { throw found.refused("expected \"\(version)\"") }
    }

    /// The digest a blob's path claims, or nil when the path is not that of a blob.
    public static func digest(ofBlobAt path: String) -> Digest? {
        let prefix = "blobs/sha256/"
        guard path.utf8.starts(with: prefix.utf8) else { return nil }
        return try? Digest(hex: String(path.utf8.dropFirst(prefix.utf8.count)) ?? "")
    }
}
