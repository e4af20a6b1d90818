public import Values

/// Points at a blob by media type, digest and size (OCI image specification, descriptor.md).
public struct Descriptor: Hashable, Sendable {
    public let mediaType: String
    public let digest: Digest
    /// Bytes of the blob.
    public let size: Int64
    /// The artifact type of the manifest this points at; nil for anything else.
    public let artifactType: String?
    public let annotations: [String: String]

    public init(
        mediaType: String, digest: Digest, size: Int64, artifactType: String? = nil, annotations: [String: String] = [:]
    ) {
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
        self.artifactType = artifactType
        self.annotations = annotations
    }

    /// The file name the blob stands for, from its title annotation.
    public var title: String? { annotations[AnnotationKeys.title] }

    /// Members this project does not use (`urls`, `data`, `platform`) are ignored, as the specification demands.
    public init(decoding cursor: JSONCursor) throws(FormatError) {
        mediaType = try cursor.required("mediaType").name()
        digest = try cursor.required("digest").digest()
        size = try cursor.required("size").integer(in: 0 ... .max)
        artifactType = try cursor.optional("artifactType")?.name()
        annotations = try cursor.optional("annotations")?.stringPairs() ?? [:]
    }

    public var json: JSONValue {
        var object: JSONObject = JSONObject([
            ("mediaType", .string(mediaType)), ("digest", .string(digest.description)), ("size", .integer(size)),
        ])
        object["artifactType"] = artifactType.map { .string($0) }
        if !annotations.isEmpty { object["annotations"] = .strings(annotations) }
        return .object(object)
    }
}
