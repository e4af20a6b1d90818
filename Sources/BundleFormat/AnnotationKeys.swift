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
    /// Which part a manifest is: `public` or `secret`.
    public static let part = "dev.slipway.part"
}
