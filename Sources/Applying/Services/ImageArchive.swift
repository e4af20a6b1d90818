import BundleFormat
import Values

/// A container image as a tar of an OCI image layout, made of the depot's blobs while it is read: a copy of gigabytes on the machine's
/// disk would live for one command.
///
/// See the OCI image specification, image-layout.md, and POSIX.1-2017, pax, "ustar Interchange Format".
struct ImageArchive {
    private let depot: RootDirectory
    private let blobs: [DesiredPayload.File]
    /// `index.json`, which names the image as pods do: containerd takes the name from the annotation of its own.
    private let index: [UInt8]

    private static let manifestTypes = [
        MediaTypes.manifest, "application/vnd.docker.distribution.manifest.v2+json",
    ]
    /// OCI distribution specification, "Pushing Manifests": registries refuse larger ones.
    private static let manifestLimit = 4 << 20
    /// Eleven octal digits.
    private static let sizeLimit: Int64 = 1 << 33
    private static let block = 512

    /// - Throws: ``ApplyError/badDocument(path:reason:)`` when the manifest is none.
    init(_ image: DesiredPayload, named reference: ImageReference, from depot: RootDirectory) throws(ApplyError) {
        self.depot = depot
        blobs = image.files
        guard let manifest = image.files.first(where: { $0.digest == image.digest }) else {
            throw .badDocument(path: depot.hostPath, reason: "\(image.name) has no manifest")
        }
        func bad(_ reason: String) -> ApplyError {
            .badDocument(path: manifest.hostPath, reason: "the manifest of \(image.name): \(reason)")
        }
        if let large = image.files.first(where: { $0.size >= Self.sizeLimit }) {
            throw .badDocument(path: large.hostPath, reason: "a blob of \(large.size) bytes is too large for an image")
        }
        guard manifest.size <= Self.manifestLimit, let bytes = try depot.content(of: manifest.path) else {
            throw bad("it is missing, or longer than \(Self.manifestLimit) bytes")
        }
        let type: String
        do throws(FormatError) {
            let document = JSONCursor(try JSONParser.parse(bytes, limits: JSONLimits(byteCount: Self.manifestLimit)))
            type = try document.optional("mediaType")?.string() ?? MediaTypes.manifest
        } catch { throw bad(error.description) }
        guard Self.manifestTypes.contains(type) else { throw bad("its media type is \(printable(type))") }
        var annotations = JSONObject([("io.containerd.image.name", .string(reference.description))])
        annotations[AnnotationKeys.referenceName] = reference.tag.map { .string($0) }
        index = CanonicalJSON.encode([
            "schemaVersion": 2, "mediaType": .string(MediaTypes.index),
            "manifests": [
                [
                    "mediaType": .string(type), "digest": .string(image.digest.description),
                    "size": .integer(manifest.size), "annotations": .object(annotations),
                ]
            ],
        ])
    }

    /// Gives the bytes in order, until `body` wants no more.
    func forEachPiece(_ body: (ArraySlice<UInt8>) throws(ApplyError) -> Bool) throws(ApplyError) {
        for (path, content) in [
            (ImageLayout.markerPath, CanonicalJSON.encode(ImageLayout.marker)), (ImageLayout.indexPath, index),
        ] {
            let piece = Self.header(path, Int64(content.count)) + content + Self.padding(Int64(content.count))
            guard try body(piece[...]) else { return }
        }
        for blob in blobs {
            guard try body(Self.header(blob.digest.blobPath, blob.size)[...]) else { return }
            var isWanted = true
            var count: Int64 = 0
            let isThere = try depot.forEachChunk(of: blob.path) { (chunk) throws(ApplyError) in
                count += Int64(chunk.count)
                if isWanted, count <= blob.size { isWanted = try body(chunk) }
            }
            guard isWanted else { return }
            guard isThere, count == blob.size else { throw .missingSource(path: blob.hostPath, target: "an image") }
            guard try body(Self.padding(blob.size)[...]) else { return }
        }
        _ = try body([UInt8](repeating: 0, count: 2 * Self.block)[...])
    }

    private static func padding(_ size: Int64) -> [UInt8] {
        [UInt8](repeating: 0, count: Int(-size & Int64(block - 1)))
    }

    private static func header(_ path: String, _ size: Int64) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: block)
        func put(_ text: String, at offset: Int) {
            for (index, byte) in text.utf8.enumerated() { header[offset + index] = byte }
        }
        func octal(_ value: Int64, _ digits: Int) -> String {
            let text = String(value, radix: 8)
            return String(repeating: "0", count: digits - text.utf8.count) + text
        }
        put(path, at: 0)
        put(octal(0o644, 7), at: 100)
        put(octal(0, 7), at: 108)
        put(octal(0, 7), at: 116)
        put(octal(size, 11), at: 124)
        put(octal(0, 11), at: 136)
        put("        0", at: 148)
        put("ustar\u{0}00", at: 257)
        put(octal(header.reduce(0) { $0 + Int64($1) }, 6) + "\u{0} ", at: 148)
        return header
    }
}
