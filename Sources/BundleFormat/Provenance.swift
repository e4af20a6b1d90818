public import Values

/// What a bundle was built from besides payloads and templates, by digest. The secrets file is not named, not even so.
public struct BuildInputs: Hashable, Sendable {
    /// Of the topology's text.
    public let topology: Digest
    /// Of the lock file's text; nil when there was none.
    public let lock: Digest?

    public init(topology: Digest, lock: Digest?) {
        self.topology = topology
        self.lock = lock
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        try cursor.only(["topology", "lock"])
        topology = try cursor.required("topology").digest()
        lock = try cursor.optional("lock")?.digest()
    }

    var json: JSONValue {
        var object = JSONObject([("topology", .string("\(topology)"))])
        object["lock"] = lock.map { .string("\($0)") }
        return .object(object)
    }
}

extension BundleDescription {
    /// Where the bundle comes from: an in-toto statement, version 1, with SLSA's predicate "provenance", version 1.
    ///
    /// It is about the description, which names every open file, every payload and every template by digest, and lies beside it in the
    /// public part: so the statement is part of what it speaks of without naming itself. There are no times and no host in it, and of
    /// the tool only the version: two builds of one version, for two systems, make the same bundle, and would not if it named the one
    /// that made it.
    ///
    /// - Parameter description: the digest of this document.
    public func provenance(of description: Digest) -> JSONValue {
        var parameters = JSONObject([
            ("topology", Self.resource(digest: inputs.topology)), ("epoch", .string("\(epoch)")),
        ])
        parameters["lock"] = inputs.lock.map { Self.resource(digest: $0) }
        let files = templates.map { Self.resource("templates/\($0.path)", digest: $0.digest) }
        let payloads = components.flatMap { component in
            component.parts.isEmpty ? [component] : component.parts
        }
        return [
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [
                Self.resource("slipway-\(name)", digest: description, mediaType: MediaTypes.description)
            ],
            "predicateType": "https://slsa.dev/provenance/v1",
            "predicate": [
                "buildDefinition": [
                    "buildType": "https://slipway.dev/bundle/v1", "externalParameters": .object(parameters),
                    "resolvedDependencies": .array(
                        files
                            + payloads.compactMap { payload in
                                payload.digest.map { Self.resource(payload.key, digest: $0, uri: payload.purl) }
                            }),
                ],
                "runDetails": [
                    "builder": [
                        "id": "https://slipway.dev/slipway", "version": ["slipway": .string(toolVersion)],
                    ]
                ],
            ],
        ]
    }

    /// A ResourceDescriptor of in-toto's.
    private static func resource(
        _ name: String? = nil, digest: Digest, uri: String? = nil, mediaType: String? = nil
    ) -> JSONValue {
        var object = JSONObject([("digest", ["sha256": .string(digest.hex)] as JSONValue)])
        object["name"] = name.map { .string($0) }
        object["uri"] = uri.map { .string($0) }
        object["mediaType"] = mediaType.map { .string($0) }
        return .object(object)
    }
}
