import Archive
import BundleFormat
public import Values

/// One platform's image as its manifest says (OCI image specification, manifest.md; Docker's "Image Manifest V 2, Schema 2").
public struct RegistryImage: Hashable, Sendable {
    /// Points at a blob.
    public struct Blob: Hashable, Sendable {
        public let digest: Digest
        /// Bytes.
        public let size: Int64
    }

    /// Of the manifest, which `manifest` holds as the registry sent it.
    public let digest: Digest
    public let manifest: [UInt8]
    public let config: Blob
    /// The configuration's bytes, which have been looked at: system and architecture stand in it.
    public let configuration: [UInt8]
    /// In the order in which they are laid over each other; one may occur twice.
    public let layers: [Blob]
}

/// What a registry answers to the name of an image: one image, or one for each of several platforms.
enum ImageDocument {
    case manifest(config: RegistryImage.Blob, layers: [RegistryImage.Blob])
    case index([Entry])

    struct Entry {
        let blob: RegistryImage.Blob
        /// `linux/arm64`, with the variant behind it where one is named; nil where the index does not say.
        let platform: String?
    }

    /// OCI distribution specification, "Pushing Manifests": a registry takes manifests of at least this many bytes, and the common ones no larger.
    static let sizeLimit = 4 << 20
    /// Bytes of an image's configuration.
    static let configurationLimit = 8 << 20
    private static let layerLimit = 1000
    private static let blobLimit: Int64 = 64 << 30

    static let indexTypes = [MediaTypes.index, "application/vnd.docker.distribution.manifest.list.v2+json"]
    static let manifestTypes = [MediaTypes.manifest, "application/vnd.docker.distribution.manifest.v2+json"]
    private static let configTypes = [
        "application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json",
    ]
    private static let layerTypes = [
        "application/vnd.oci.image.layer.v1.tar", "application/vnd.oci.image.layer.v1.tar+gzip",
        "application/vnd.oci.image.layer.v1.tar+zstd", "application/vnd.docker.image.rootfs.diff.tar",
        "application/vnd.docker.image.rootfs.diff.tar.gzip", "application/vnd.docker.image.rootfs.diff.tar.zstd",
    ]

    /// - Throws: ``RegistryError/notAnImage(image:reason:)`` for documents of another kind.
    init(parsing bytes: [UInt8], of image: String) throws(RegistryError) {
        do throws(FormatError) {
            let root = JSONCursor(
                try JSONParser.parse(bytes, limits: JSONLimits(byteCount: Self.sizeLimit, depth: 32)))
            let version = try root.required("schemaVersion").integer()
            guard version == 2 else {
                throw RegistryFormat.wrong(
                    "its manifest has schema \(version), which is no longer read; it must be pushed anew")
            }
            let type = try root.optional("mediaType")?.string()
            let manifests = try root.optional("manifests")
            let layers = try root.optional("layers")
            // A document that can be read in both ways is two images (CVE-2021-41190).
            guard manifests == nil || layers == nil else {
                throw RegistryFormat.wrong("its manifest is an index too")
            }
            if let manifests {
                try Self.check(type, among: Self.indexTypes)
                self = .index(
                    try manifests.list(limit: Self.layerLimit) { (entry) throws(FormatError) in
                        Entry(blob: try Self.blob(entry), platform: try Self.platform(entry))
                    })
                return
            }
            try Self.check(type, among: Self.manifestTypes)
            let config = try root.required("config")
            try Self.check(try config.required("mediaType").string(), among: Self.configTypes)
            self = .manifest(
                config: try Self.blob(config),
                layers: try root.required("layers").list(limit: Self.layerLimit) { (layer) throws(FormatError) in
                    try Self.check(try layer.required("mediaType").string(), among: Self.layerTypes)
                    return try Self.blob(layer)
                })
        } catch {
            if case .invalidValue(path: "", let reason) = error { throw .notAnImage(image: image, reason: reason) }
            throw .notAnImage(image: image, reason: error.description)
        }
    }

    private static func check(_ type: String?, among known: [String]) throws(FormatError) {
        guard let type, !known.contains(type) else { return }
        throw RegistryFormat.wrong("\"\(printable(type))\" stands where \(known[0]) is expected")
    }

    private static func blob(_ cursor: JSONCursor) throws(FormatError) -> RegistryImage.Blob {
        RegistryImage.Blob(
            digest: try cursor.required("digest").digest(), size: try cursor.required("size").integer(in: 0...blobLimit)
        )
    }

    private static func platform(_ entry: JSONCursor) throws(FormatError) -> String? {
        guard let platform = try entry.optional("platform") else { return nil }
        let parts = [
            try platform.required("os").string(limit: 64), try platform.required("architecture").string(limit: 64),
            try platform.optional("variant")?.string(limit: 64),
        ]
        return parts.compactMap(\.self).filter { !$0.isEmpty }.joined(separator: "/")
    }

    /// The entry of an index for Linux on an architecture: the plain one, else its first variant, which every such processor has.
    static func choose(
        _ entries: [Entry], for architecture: Architecture, of image: String
    ) throws(RegistryError) -> Entry {
        let plain = "linux/\(architecture.rawValue)"
        // containerd's platforms package: amd64 is amd64/v1, arm64 is arm64/v8.
        let first = plain + (architecture == .arm64 ? "/v8" : "/v1")
        for wanted in [plain, first] {
            if let entry = entries.first(where: { $0.platform == wanted }) { return entry }
        }
        let offered = entries.compactMap(\.platform).filter { $0 != "unknown/unknown" }
        throw .noPlatform(image: image, wanted: architecture, offered: Set(offered).sorted().map { printable($0) })
    }

    /// Compares what an image's configuration says it is for (OCI image specification, config.md).
    static func check(_ configuration: [UInt8], for architecture: Architecture, of image: String) throws(RegistryError)
    {
        let platform: (os: String, architecture: String)
        do throws(FormatError) {
            let root = JSONCursor(
                try JSONParser.parse(configuration, limits: JSONLimits(byteCount: configurationLimit, depth: 32)))
            platform = (
                try root.required("os").string(limit: 64), try root.required("architecture").string(limit: 64)
            )
        } catch { throw .notAnImage(image: image, reason: "its configuration: \(error)") }
        guard platform == ("linux", architecture.rawValue) else {
            throw .wrongPlatform(
                image: image, wanted: architecture, found: printable("\(platform.os)/\(platform.architecture)"))
        }
    }
}

private enum RegistryFormat {
    static func wrong(_ reason: String) -> FormatError { .invalidValue(path: "", reason: reason) }
}
