public import Diagnostics
public import TopologySpec
public import Values

/// Compares the certificates' lifetimes with the present time: the one check that depends on a clock,
/// which is why the time is a parameter and `bundle` never runs it.
public struct ValidityCheck {
    private let cluster: Cluster
    private let topology: Topology

    public init(cluster: Cluster, topology: Topology) {
        self.cluster = cluster
        self.topology = topology
    }

    /// Reports tiers that have expired (error), are past two thirds of their life (warning) or begin in the future (warning).
    public func run(at now: Timestamp, into report: inout Report) {
        let start = cluster.epoch.advanced(by: Lifetime(seconds: -PKISettings.backdate.seconds))
        if now < start {
            report.warning(
                "epoch", "certificates begin at \(start), now is \(now)", at: topology.epoch?.position,
                help: "machines whose clock is right will refuse them until then")
        }
        let lifetimes = cluster.pki.lifetimes
        let tiers = [
            ("root", lifetimes.root), ("intermediate", lifetimes.intermediate), ("issuing", lifetimes.issuing),
            ("leaf", lifetimes.leaf),
        ]
        for (tier, lifetime) in tiers {
            let end = cluster.epoch.advanced(by: lifetime)
            let place = topology.epoch?.position ?? topology.pki.lifetimes[tier]?.position
            if now >= end {
                report.error(
                    "pki.lifetimes.\(tier)", "\(tier) certificates expired at \(end), now is \(now)", at: place,
                    help: "set epoch to a later date and build again: keys stay, certificates are renewed")
            } else if now >= cluster.epoch.advanced(by: Lifetime(seconds: lifetime.seconds / 3 * 2)) {
                report.warning(
                    "pki.lifetimes.\(tier)", "\(tier) certificates are past two thirds of their life and end at \(end)",
                    at: place, help: "set epoch to a later date and build again: keys stay, certificates are renewed")
            }
        }
    }
}
