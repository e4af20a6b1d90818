public import Values

/// A payload that the cluster needs; its bytes may or may not be in the bundle.
public struct DescribedPayload: Hashable, Sendable {
    public let name: String
    /// `binary`, `archive`, `deb`, `image` or `disk`.
    public let kind: String
    public let release: String
    /// Nil when the lock file does not pin it.
    public let digest: Digest?
    public let size: Int64?
    public let url: String?

    public init(name: String, kind: String, release: String, digest: Digest?, size: Int64?, url: String?) {
        self.name = name
        self.kind = kind
        self.release = release
        self.digest = digest
        self.size = size
        self.url = url
    }

    init(decoding cursor: JSONCursor) throws(FormatError) {
        name = try cursor.required("name").name()
        kind = try cursor.required("kind").name()
        release = try cursor.required("release").name()
        digest = try cursor.optional("digest")?.digest()
        size = try cursor.optional("size")?.integer(in: 0 ... .max)
        url = try cursor.optional("url")?.string()
    }

    var json: JSONValue {
        var object = JSONObject([
            ("name", .string(name)), ("kind", .string(kind)), ("release", .string(release)),
        ])
        object["digest"] = digest.map { .string($0.description) }
        object["size"] = size.map { .integer($0) }
        object["url"] = url.map { .string($0) }
        return .object(object)
    }
}
