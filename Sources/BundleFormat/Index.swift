/// An OCI image index (OCI image specification, image-index.md): `index.json`, and the bundle's own list of two manifests.
public struct Index: Hashable, Sendable {
    /// The most manifests that are read.
    public static let manifestLimit = 1000

    public let manifests: [Descriptor]
    public let annotations: [String: String]

    public init(manifests: [Descriptor], annotations: [String: String] = [:]) {
        self.manifests = manifests
        self.annotations = annotations
    }

    public init(decoding cursor: JSONCursor) throws(FormatError) {
        try cursor.checkSchema(mediaType: MediaTypes.index)
        manifests = try cursor.required("manifests").list(limit: Self.manifestLimit) { (element) throws(FormatError) in
            try Descriptor(decoding: element)
        }
        annotations = try cursor.optional("annotations")?.stringPairs() ?? [:]
    }

    /// Parses an index blob.
    public init(parsing bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(FormatError) {
        try self.init(decoding: JSONCursor(JSONParser.parse(bytes, limits: limits)))
    }
}
