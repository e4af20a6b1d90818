public import Diagnostics
public import TopologySpec
public import Values

/// Compares the releases of a cluster with the days on which upstream's support for them ends. It depends on a clock, as
/// ``ValidityCheck`` does, so `bundle` never runs it.
public struct SupportCheck {
    private let cluster: Cluster
    private let topology: Topology

    public init(cluster: Cluster, topology: Topology) {
        self.cluster = cluster
        self.topology = topology
    }

    /// Warns about each release whose support has ended, where it is written, or where the Kubernetes release is that it follows from.
    public func run(at now: Timestamp, into report: inout Report) {
        let kubernetes = UpstreamReleases.release(nearest: cluster.kubernetes.version.minor)
        if let day = Self.passed(kubernetes.endOfLife, at: now) {
            let newer = UpstreamReleases.kubernetes.last { Self.passed($0.endOfLife, at: now) == nil }
            report.warning(
                "kubernetes.version",
                "upstream's patches for Kubernetes \(kubernetes.latest.series) ended on \(day)",
                at: topology.kubernetes.version.position,
                help: newer.map { "\($0.latest) has them until \($0.endOfLife)" }
                    ?? "this slipway knows no release that has them; look for a newer slipway")
        }
        let versions = (topology.versions, cluster.versions)
        check("etcd", .etcd, versions.0.etcd, versions.1.etcd, UpstreamReleases.etcd, now, &report)
        check(
            "containerd", .worker, versions.0.containerd, versions.1.containerd, UpstreamReleases.containerd, now,
            &report)
        check("vault", .vault, versions.0.vault, versions.1.vault, UpstreamReleases.vault, now, &report)
    }

    private func check(
        _ key: String, _ role: Role, _ written: Setting<Version>, _ version: Version, _ series: [ReleaseSeries],
        _ now: Timestamp, _ report: inout Report
    ) {
        // A release that does not fit is told of already.
        guard !report.diagnostics.contains(where: { $0.subject == "versions.\(key)" }),
            !cluster.machines(role).isEmpty, let own = series.first(where: { $0.contains(version) }),
            let day = own.endOfLife.flatMap({ Self.passed($0, at: now) })
        else { return }
        let newer = series.last { $0.endOfLife.map { Self.passed($0, at: now) == nil } ?? true }
        report.warning(
            "versions.\(key)", "upstream's support for \(key) \(own.name) ended on \(day)",
            at: written.position ?? topology.kubernetes.version.position,
            help: newer.map { "\($0.latest) has it" + ($0.endOfLife.map { " until \($0)" } ?? "") }
                ?? "this slipway knows no release that has it; look for a newer slipway")
    }

    /// The day, if it is over at this moment.
    private static func passed(_ day: String, at now: Timestamp) -> String? {
        guard let end = Timestamp(day), now >= end.advanced(by: .days(1)) else { return nil }
        return day
    }
}
