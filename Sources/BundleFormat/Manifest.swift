import Values

/// An OCI image manifest used as an artifact manifest (OCI image specification 1.1, manifest.md).
public struct Manifest: Hashable, Sendable {
    /// The most layers that are read: one for each machine, with room.
    public static let layerLimit = 100_000

    /// What kind of artifact this is; nil in a manifest of specification 1.0.
    public let artifactType: String?
    public let config: Descriptor
    public let layers: [Descriptor]
    public let annotations: [String: String]
    /// The manifest that this one says something about.
    public let subject: Descriptor?

    public init(
        artifactType: String?, config: Descriptor, layers: [Descriptor], annotations: [String: String] = [:],
        subject: Descriptor? = nil
    ) {
        self.artifactType = artifactType
        self.config = config
        self.layers = layers
        self.annotations = annotations
        self.subject = subject
    }

    public init(decoding cursor: JSONCursor) throws(FormatError) {
        try cursor.checkSchema(mediaType: MediaTypes.manifest)
        artifactType = try cursor.optional("artifactType")?.name()
        config = try Descriptor(decoding: cursor.required("config"))
        layers = try cursor.required("layers").list(limit: Self.layerLimit) { (element) throws(FormatError) in
            try Descriptor(decoding: element)
        }
        annotations = try cursor.optional("annotations")?.stringPairs() ?? [:]
        subject = try cursor.optional("subject").map { (cursor) throws(FormatError) in
            try Descriptor(decoding: cursor)
        }
    }

    /// Parses a manifest blob.
    public init(parsing bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(FormatError) {
        try self.init(decoding: JSONCursor(JSONParser.parse(bytes, limits: limits)))
    }

    public var json: JSONValue {
        var object = JSONObject([
            ("schemaVersion", 2), ("mediaType", .string(MediaTypes.manifest)), ("config", config.json),
            ("layers", .array(layers.map(\.json))),
        ])
        object["artifactType"] = artifactType.map { .string($0) }
        if !annotations.isEmpty { object["annotations"] = .strings(annotations) }
        object["subject"] = subject?.json
        return .object(object)
    }
}

extension JSONCursor {
    /// Checks `schemaVersion` 2 and, where it is present, the media type. Specification 1.0 allowed to leave it out.
    func checkSchema(mediaType expected: String) throws(FormatError) {
        let version = try required("schemaVersion")
        guard try version.integer() == 2 else { throw version.refused("expected 2") }
        if let mediaType = try optional("mediaType"), try mediaType.string() != expected {
            throw mediaType.refused("\"\(printable(try mediaType.string()))\" is not \(expected)")
        }
    }
}
