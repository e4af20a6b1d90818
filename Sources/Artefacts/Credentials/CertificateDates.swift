import ClusterModel
import PKI
import Values

/// When certificates begin and end, from the epoch alone.
struct CertificateDates: Sendable {
    let epoch: Timestamp

    /// From a little before the epoch to `lifetime` after it.
    func validity(for lifetime: Lifetime) throws(PKIError) -> Validity {
        try Validity(
            notBefore: epoch.advanced(bySeconds: -PKISettings.backdate.seconds), notAfter: epoch.advanced(by: lifetime))
    }
}
