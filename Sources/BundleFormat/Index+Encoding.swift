import Values

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
