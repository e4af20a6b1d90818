public import Diagnostics
public import TopologySpec
public import Values

/// Compares the certificates' lifetimes with the present time: the one check that depends on a clock,
/// which is why the time is a parameter and `bundle` never runs it.
public struct ValidityCheck {
    private let cluster: Cluster
    private let topology: Topology
    private let sourceDateEpoch: Timestamp?

    /// - Parameter sourceDateEpoch: the value of `SOURCE_DATE_EPOCH`; when it is set, it and not the file is to blame.
    public init(cluster: Cluster, topology: Topology, sourceDateEpoch: Timestamp? = nil) {
        self.cluster = cluster
        self.topology = topology
        self.sourceDateEpoch = sourceDateEpoch
    }

    /// Reports certificates that have expired (error), are past two thirds of their life (warning) or begin in the future
    /// (warning). One date is behind all of it, so there is one finding: the worst.
    public func run(at now: Timestamp, into report: inout Report) {
        let start = cluster.epoch.advanced(by: Lifetime(seconds: -PKISettings.backdate.seconds))
        if now < start {
            report.warning(
                subject, "certificates begin at \(start), now is \(now)", at: place,
                help: help("machines whose clock is right will refuse them until then"))
        }
        let lifetimes = cluster.pki.lifetimes
        let tiers = [
            ("leaf", lifetimes.leaf), ("issuing", lifetimes.issuing), ("intermediate", lifetimes.intermediate),
            ("root", lifetimes.root),
        ]
        let ends = tiers.map { (tier: $0.0, lifetime: $0.1, end: cluster.epoch.advanced(by: $0.1)) }
        let expired = ends.filter { now >= $0.end }
        let old = ends.filter { now >= cluster.epoch.advanced(by: Lifetime(seconds: $0.lifetime.seconds / 3 * 2)) }
        let renew = "set epoch to a later date and build again: keys stay, certificates are renewed"
        if !expired.isEmpty {
            let list = expired.map { "\($0.tier) certificates expired at \($0.end)" }.joined(separator: ", ")
            report.error(subject, "\(list); now is \(now)", at: place, help: help(renew))
        } else if !old.isEmpty {
            let list = old.map { "\($0.tier) certificates are past two thirds of their life and end at \($0.end)" }
            report.warning(subject, list.joined(separator: ", "), at: place, help: help(renew))
        }
    }

    private var subject: String { sourceDateEpoch == nil ? "epoch" : "SOURCE_DATE_EPOCH" }

    private var place: SourcePosition? { sourceDateEpoch == nil ? topology.epoch.position : nil }

    private func help(_ help: String) -> String {
        guard let sourceDateEpoch else { return help }
        return "the environment variable SOURCE_DATE_EPOCH=\(sourceDateEpoch.secondsSince1970) "
            + "says that the bundle is of \(sourceDateEpoch): unset it, or set a later second"
    }
}
