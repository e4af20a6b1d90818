public import Values

/// Which releases belong together, as upstream's own files said it on ``seen``: the one place where such figures are written.
///
/// A figure that nobody published is `nil` or empty and never a guess. docs/versions.md shows the same figures to people; a test compares
/// the two. To bring the table up to date, read the places in ``sources`` again and change figure, source and ``seen`` together.
public enum UpstreamReleases {
    /// The day of the last look at the sources.
    public static let seen = "2026-11-24"

    // MARK: Kubernetes

    /// What runs when the topology names no version: the newest minor of which every figure is known.
    static let standard = KubernetesRelease(
        latest: Version(1, 36, 4), endOfLife: "2027-06-28", etcd: Version(3, 6, 8),
        containerdListed: [Version(2, 3, 0), Version(2, 2, 0)],
        cniPlugins: Version(1, 9, 1), coredns: Version(1, 14, 2), pause: "3.10.2",
        chosen: .init(containerd: Version(2, 3, 4), runc: Version(1, 4, 3), calico: Version(3, 32, 1)),
        sources: [.build136, .page136])

    /// The minors that the artefacts are written and checked for, oldest first.
    public static let kubernetes: [KubernetesRelease] = [
        KubernetesRelease(
            latest: Version(1, 32, 13), endOfLife: "2026-02-28", etcd: Version(3, 5, 24),
            containerdListed: [Version(2, 1, 0), Version(2, 0, 1), Version(1, 7, 24)],
            cniPlugins: Version(1, 6, 0), coredns: Version(1, 11, 3), pause: "3.10",
            chosen: .init(containerd: Version(2, 0, 11), runc: Version(1, 3, 6), calico: Version(3, 31, 7)),
            sources: [.build132, .endOfLife]),
        KubernetesRelease(
            latest: Version(1, 33, 13), endOfLife: "2026-06-28", etcd: Version(3, 5, 24),
            containerdListed: [Version(2, 1, 0), Version(2, 0, 4), Version(1, 7, 24)],
            cniPlugins: Version(1, 6, 2), coredns: Version(1, 12, 0), pause: "3.10",
            chosen: .init(containerd: Version(2, 0, 11), runc: Version(1, 3, 6), calico: Version(3, 31, 7)),
            sources: [.build133, .endOfLife]),
        KubernetesRelease(
            latest: Version(1, 34, 11), endOfLife: "2026-10-27", etcd: Version(3, 6, 5),
            containerdListed: [Version(2, 1, 3), Version(2, 0, 6), Version(1, 7, 28)],
            cniPlugins: Version(1, 7, 1), coredns: Version(1, 12, 1), pause: "3.10.1",
            chosen: .init(containerd: Version(2, 0, 11), runc: Version(1, 3, 6), calico: Version(3, 32, 1)),
            sources: [.build134, .endOfLife]),
        KubernetesRelease(
            latest: Version(1, 35, 9), endOfLife: "2027-02-28", etcd: Version(3, 6, 6),
            containerdListed: [Version(2, 2, 0), Version(2, 1, 5), Version(1, 7, 28)],
            cniPlugins: Version(1, 8, 0), coredns: Version(1, 13, 1), pause: "3.10.1",
            chosen: .init(containerd: Version(2, 2, 7), runc: Version(1, 3, 6), calico: Version(3, 32, 1)),
            sources: [.build135, .page135]),
        standard,
        KubernetesRelease(
            latest: Version(1, 37, 1), endOfLife: "2027-10-28", etcd: Version(3, 7, 0),
            // containerd's own table ended with 1.36.
            containerdListed: [],
            cniPlugins: Version(1, 9, 1), coredns: Version(1, 14, 6), pause: "3.10.2",
            chosen: .init(containerd: Version(2, 3, 4), runc: Version(1, 4, 3), calico: Version(3, 33, 0)),
            sources: [.images137, .plugins137, .page137]),
    ]

    /// The oldest etcd that kubeadm's newest patches accept, in every minor up to 1.36 (`MinExternalEtcdVersion`).
    public static let oldestEtcd = Version(3, 5, 24)

    /// The last minor that containerd lists for its 1.x releases.
    static let lastMinorWithContainerd1 = 35
    /// The first minor whose kubelet needs a runtime that answers RuntimeConfig, which containerd 1.x does not (KEP-4033).
    static let firstMinorWithRuntimeConfig = 38

    // MARK: What runs beside it

    /// Newest release of each series and the day upstream's support ends; `nil` where no day is set.
    public static let etcd: [ReleaseSeries] = [
        ReleaseSeries(latest: Version(3, 5, 33), endOfLife: "2027-07-08", source: .etcd),
        ReleaseSeries(latest: Version(3, 6, 14), endOfLife: nil, source: .etcd),
        ReleaseSeries(latest: Version(3, 7, 1), endOfLife: nil, source: .etcd),
    ]

    /// The last of containerd 1.x. "September 2026" and, of 2.0, "March 2027" end with the month.
    static let containerd1 = ReleaseSeries(
        latest: Version(1, 7, 34), endOfLife: "2026-09-30", runc: Version(1, 3, 6), source: .containerd)

    /// With the runc that the release was built and tested with.
    public static let containerd: [ReleaseSeries] = [
        containerd1,
        ReleaseSeries(latest: Version(2, 0, 11), endOfLife: "2027-03-31", runc: Version(1, 3, 6), source: .containerd),
        ReleaseSeries(latest: Version(2, 1, 9), endOfLife: "2026-07-03", runc: Version(1, 3, 6), source: .containerd),
        ReleaseSeries(latest: Version(2, 2, 7), endOfLife: "2026-11-06", runc: Version(1, 3, 6), source: .containerd),
        ReleaseSeries(latest: Version(2, 3, 4), endOfLife: "2028-04-30", runc: Version(1, 4, 3), source: .containerd),
    ]

    /// With the minors of Kubernetes that upstream tests the series against. Calico publishes no end of support.
    public static let calico: [ReleaseSeries] = [
        ReleaseSeries(latest: Version(3, 29, 7), endOfLife: nil, minors: 29...32, source: .calico),
        ReleaseSeries(latest: Version(3, 30, 7), endOfLife: nil, minors: 31...35, source: .calico),
        ReleaseSeries(latest: Version(3, 31, 7), endOfLife: nil, minors: 32...35, source: .calico),
        ReleaseSeries(latest: Version(3, 32, 1), endOfLife: nil, minors: 34...36, source: .calico),
        // The release itself was not among the sources, only what others report of it.
        ReleaseSeries(latest: Version(3, 33, 0), endOfLife: nil, minors: 35...37, source: .calico333),
    ]

    static let oldestVault = ReleaseSeries(latest: Version(1, 15, 6), endOfLife: "2024-10-08", source: .vault)
    static let newestVault = ReleaseSeries(latest: Version(2, 0, 4), endOfLife: nil, source: .vault)

    /// Standard maintenance of a series ends with the release of the next.
    public static let vault: [ReleaseSeries] = [
        oldestVault,
        ReleaseSeries(latest: Version(1, 16, 3), endOfLife: "2024-06-10", source: .vault),
        ReleaseSeries(latest: Version(1, 17, 6), endOfLife: "2024-10-09", source: .vault),
        ReleaseSeries(latest: Version(1, 18, 5), endOfLife: "2025-03-04", source: .vault),
        ReleaseSeries(latest: Version(1, 19, 5), endOfLife: "2025-06-23", source: .vault),
        ReleaseSeries(latest: Version(1, 20, 4), endOfLife: "2025-10-21", source: .vault),
        ReleaseSeries(latest: Version(1, 21, 4), endOfLife: "2026-04-13", source: .vault),
        newestVault,
    ]
}

/// One minor of Kubernetes and what upstream builds, tests and ships it with.
public struct KubernetesRelease: Sendable {
    /// What Slipway installs where upstream leaves a choice.
    public struct Choice: Sendable {
        public let containerd: Version
        /// The one that this containerd is released with.
        public let runc: Version
        public let calico: Version
    }

    /// The newest patch release that was seen.
    public let latest: Version
    /// The last day of upstream's patches, such as `2027-02-28`.
    public let endOfLife: String
    /// What kubeadm of the newest patch installs.
    public let etcd: Version
    /// The first supported release of each series that containerd lists for this minor; empty when its list was not seen.
    public let containerdListed: [Version]
    public let cniPlugins: Version
    public let coredns: Version
    /// The tag of the pause image, such as `3.10` or `3.10.1`.
    public let pause: String
    public let chosen: Choice
    public let sources: [UpstreamSource]

    public var minor: Int { latest.minor }
}

/// The releases `major.minor.*` of a component.
public struct ReleaseSeries: Sendable {
    public let latest: Version
    /// The last day of upstream's support, such as `2026-11-06`; `nil` when none is set.
    public let endOfLife: String?
    /// Minors of Kubernetes that upstream tests it against, where upstream says so by series.
    public let minors: ClosedRange<Int>?
    /// The runc that a containerd series is released with.
    public let runc: Version?
    public let source: UpstreamSource

    init(
        latest: Version, endOfLife: String?, minors: ClosedRange<Int>? = nil, runc: Version? = nil,
        source: UpstreamSource
    ) {
        self.latest = latest
        self.endOfLife = endOfLife
        self.minors = minors
        self.runc = runc
        self.source = source
    }

    /// `3.6`
    public var name: String { latest.series }

    func contains(_ version: Version) -> Bool { version.series == name }
}

extension Version {
    /// `major.minor`
    public var series: String { "\(major).\(minor)" }

    func isOfLaterSeries(than other: Version) -> Bool { (major, minor) > (other.major, other.minor) }
}
