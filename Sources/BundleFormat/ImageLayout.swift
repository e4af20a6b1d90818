public import Values

/// Names in the OCI image layout 1.0.0 (OCI image specification, image-layout.md).
public enum ImageLayout {
    public static let markerPath = "oci-layout"
    public static let indexPath = "index.json"
    public static let version = "1.0.0"

    /// What the file of a bundle is called: `ha-3f1c0d5e7a9b.tar`.
    ///
    /// - Parameter digest: the bundle's.
    public static func fileName(cluster: String, digest: Digest, isSealed: Bool = false) -> String {
        "\(cluster)-\(digest.hex.prefix(12))\(isSealed ? ".sealed.tar" : ".tar")"
    }

    /// What a link to the bundle that was built last is called, beside it.
    public static func fixedFileName(cluster: String) -> String { "\(cluster).tar" }

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

/// Media types in a bundle.
///
/// The index and the manifests use the standard OCI types because skopeo accepts no others; what they point at is ours.
public enum MediaTypes {
    /// An OCI image index (OCI image specification, image-index.md).
    public static let index = "application/vnd.oci.image.index.v1+json"
    /// An OCI image manifest (manifest.md).
    public static let manifest = "application/vnd.oci.image.manifest.v1+json"
    /// The two bytes `{}`, the config of a manifest that has none.
    public static let emptyConfig = "application/vnd.oci.empty.v1+json"

    /// Artifact type of the manifest anyone can rebuild.
    public static let publicPart = "application/vnd.slipway.bundle.public.v1"
    /// Artifact type of the manifest that holds seeds and the operator's keys.
    public static let secretPart = "application/vnd.slipway.bundle.secret.v1"
    /// Artifact type of the manifest that stands for the secret part where that is sealed.
    public static let sealedPart = "application/vnd.slipway.bundle.sealed.v1"
    /// The bundle's own index, config of the sealed manifest.
    public static let sealedIndex = "application/vnd.slipway.bundle.index.v1+json"
    /// The secret manifest, a layer of the sealed one.
    public static let sealedManifest = "application/vnd.slipway.bundle.secret-manifest.v1+json"
    /// The secret manifest's layers, a tar of blobs in an age file (age-encryption.org/v1).
    public static let sealedFiles = "application/vnd.slipway.bundle.secret.v1.tar+age"
    /// Artifact type of the manifest that brings signatures to a bundle in a registry, and of its one layer: the text of ssh-keygen's,
    /// one behind the other. The same layer is in each part of an export.
    public static let signatures = "application/vnd.slipway.bundle.signatures.v1"
    /// Artifact type of the manifest that keeps a bundle's payloads in a registry, and of its layers.
    public static let payloads = "application/vnd.slipway.bundle.payloads.v1"
    /// The bundle description, config of the public manifest.
    public static let description = "application/vnd.slipway.bundle.description.v1+json"
    /// A rendered file that does not follow from the secrets file, as it is on every machine that has it.
    public static let file = "application/vnd.slipway.file.v1"
    /// The launch definitions.
    public static let launch = "application/vnd.slipway.launch.v1+json"
    /// The files of one machine that follow from the secrets file, a tar.
    public static let machineFiles = "application/vnd.slipway.machine.files.v1.tar"
    /// The operator's files, a tar.
    public static let operatorFiles = "application/vnd.slipway.operator.files.v1.tar"
    /// Artifact type of the manifest of a part of an export.
    public static let exportPart = "application/vnd.slipway.export.part.v1"
    /// What all parts of an export hold together, config of each part's manifest.
    public static let packingList = "application/vnd.slipway.export.list.v1+json"
    /// A blob in a part of an export, or a piece of one.
    public static let piece = "application/octet-stream"
    /// The software bill of materials.
    public static let billOfMaterials = "application/spdx+json"
    /// Where the bundle comes from, an in-toto statement.
    public static let provenance = "application/vnd.in-toto+json"
}

/// Annotation keys in a bundle's index and manifests.
public enum AnnotationKeys {
    /// The file name of a layer (OCI image specification, annotations.md).
    public static let title = "org.opencontainers.image.title"
    /// The tag of an entry in `index.json`.
    public static let referenceName = "org.opencontainers.image.ref.name"
    /// The machine a layer belongs to.
    public static let machine = "dev.slipway.machine"
    /// The cluster's name.
    public static let cluster = "dev.slipway.cluster"
    /// Which part a manifest is: `public`, `secret` or `sealed`.
    public static let part = "dev.slipway.part"
    /// The number of a part of an export, from 1.
    public static let exportPart = "dev.slipway.export.part"
    /// The digest of the blob that a layer is a piece of.
    public static let pieceOf = "dev.slipway.piece.of"
    /// Where in that blob the piece begins, in bytes.
    public static let pieceOffset = "dev.slipway.piece.offset"
}
