import BuildPlan
import PKI

/// A leaf certificate with its key, and what is written of them.
struct Leaf: Sendable {
    let plan: LeafPlan
    let certificate: IssuedCertificate
    let key: P256Key
}
