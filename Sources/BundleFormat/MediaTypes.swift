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
    /// The software bill of materials.
    public static let billOfMaterials = "application/spdx+json"
}
