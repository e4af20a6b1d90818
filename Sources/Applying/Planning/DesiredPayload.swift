import BundleFormat
import Values

/// A package or image that another program takes from the depot.
struct DesiredPayload: Hashable {
    let name: String
    let digest: Digest
    /// The blob, as the host names it.
    let hostPath: String
    /// The blob below the depot.
    let path: String
}
