import ClusterModel
import PKI

/// When certificates begin and end, from the epoch alone.
struct CertificateDates: Sendable {
    let epoch: ClusterModel.Timestamp

    /// From a little before the epoch to `lifetime` after it.
    func validity(for lifetime: Lifetime) throws(PKIError) -> Validity {
        let start = epoch.secondsSince1970 - PKISettings.backdate.seconds
        return try Validity(
            notBefore: PKI.Timestamp(secondsSince1970: start),
            notAfter: PKI.Timestamp(secondsSince1970: epoch.secondsSince1970 + lifetime.seconds))
    }
}
