public import Values

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

extension Index {
    /// The index's bytes with its members in the order of the specification's own structures.
    ///
    /// The one document that is not in canonical order: `skopeo copy --all` decodes an index and encodes it anew, in the field
    /// order of the Go types (image-spec, specs-go/v1). Written so from the start, its digest survives every copy.
    /// For the same reason entries carry no `artifactType`, which that encoder drops; the manifests themselves do.
    public var encoded: [UInt8] {
        var members = ["\"schemaVersion\":2", "\"mediaType\":\(Self.text(.string(MediaTypes.index)))"]
        members.append("\"manifests\":[" + manifests.map(Self.entry).joined(separator: ",") + "]")
        if !annotations.isEmpty { members.append("\"annotations\":\(Self.text(.strings(annotations)))") }
        return Array("{\(members.joined(separator: ","))}".utf8)
    }

    private static func entry(_ descriptor: Descriptor) -> String {
        var members = [
            "\"mediaType\":\(text(.string(descriptor.mediaType)))",
            "\"digest\":\(text(.string(descriptor.digest.description)))",
            "\"size\":\(descriptor.size)",
        ]
        if !descriptor.annotations.isEmpty {
            members.append("\"annotations\":\(text(.strings(descriptor.annotations)))")
        }
        return "{\(members.joined(separator: ","))}"
    }

    private static func text(_ value: JSONValue) -> String {
        String(decoding: CanonicalJSON.encode(value), as: UTF8.self)
    }
}

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
