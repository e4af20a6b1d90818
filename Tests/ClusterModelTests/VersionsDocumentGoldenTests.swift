import ClusterModel
import Foundation
import TestSupport
import Testing
import Values

/// docs/versions.md shows people what `UpstreamReleases` says, figure by figure, and the table is sound in itself.
@Suite struct VersionsDocumentGoldenTests {
    private static let document = Repository.root.appendingPathComponent("docs/versions.md")
    private static let (begin, end) = (
        "<!-- made by `make golden` from Sources/ClusterModel/UpstreamReleases.swift -->", "<!-- end -->"
    )

    @Test func documentIsAsMade() throws {
        let text = try String(contentsOf: Self.document, encoding: .utf8)
        let parts = text.components(separatedBy: Self.begin + "\n")
        let rest = try #require(parts.last).components(separatedBy: Self.end)
        try #require(parts.count == 2 && rest.count == 2, "the marks of the made part are gone")
        guard ProcessInfo.processInfo.environment["SLIPWAY_RECORD"] == "1" else {
            #expect(rest[0] == Self.made, "docs/versions.md is not what the table says; 'make golden' makes it")
            return
        }
        try Data((parts[0] + Self.begin + "\n" + Self.made + Self.end + rest[1]).utf8).write(to: Self.document)
        Issue.record("docs/versions.md was made anew")
    }

    private static var made: String {
        "\nAs of \(UpstreamReleases.seen).\n" + kubernetes + series + sources
    }

    private static var kubernetes: String {
        let head = """

            | Kubernetes | patches until | etcd: tested, installed | containerd: listed from, installed | runc | CNI plugins | CoreDNS | pause | Calico | sources |
            |---|---|---|---|---|---|---|---|---|---|

            """
        return head
            + UpstreamReleases.kubernetes.map { release in
                let etcd = UpstreamReleases.etcd.first { $0.name == release.etcd.series }?.latest
                let listed = release.containerdListed.map { "\($0)" }.joined(separator: ", ")
                return [
                    "\(release.latest)", release.endOfLife, "\(release.etcd), \(etcd.map { "\($0)" } ?? "?")",
                    "\(listed.isEmpty ? "not yet seen" : listed); \(release.chosen.containerd)",
                    "\(release.chosen.runc)",
                    "\(release.cniPlugins)", "\(release.coredns)", release.pause, "\(release.chosen.calico)",
                    release.sources.map(\.rawValue).joined(separator: ", "),
                ].joined(separator: " | ")
            }.map { "| \($0) |\n" }.joined()
    }

    private static var series: String {
        let all = [
            ("etcd", UpstreamReleases.etcd), ("containerd", UpstreamReleases.containerd),
            ("Calico", UpstreamReleases.calico), ("Vault", UpstreamReleases.vault),
        ]
        let head = """

            | series | newest | supported until | belongs to it | source |
            |---|---|---|---|---|

            """
        return head
            + all.flatMap { name, list in
                list.map { series -> String in
                    let belongs =
                        series.runc.map { "runc \($0)" }
                        ?? series.minors.map { "tested with Kubernetes 1.\($0.lowerBound) to 1.\($0.upperBound)" } ?? ""
                    return
                        "| \(name) \(series.name) | \(series.latest) | \(series.endOfLife ?? "no day set") | \(belongs) | "
                        + "\(series.source.rawValue) |\n"
                }
            }.joined()
    }

    private static var sources: String {
        "\n| source | where |\n|---|---|\n"
            + UpstreamSource.allCases.map { "| \($0.rawValue) | \($0.place) |\n" }.joined() + "\n"
    }

    /// What is installed is what the tables of series have as newest, and fits by upstream's own words.
    @Test(arguments: UpstreamReleases.kubernetes) func choiceFollowsFromUpstream(release: KubernetesRelease) throws {
        let containerd = try #require(UpstreamReleases.containerd.first { $0.name == release.chosen.containerd.series })
        #expect(containerd.latest == release.chosen.containerd && containerd.runc == release.chosen.runc)
        let listed = release.containerdListed
        #expect(listed.isEmpty || listed.contains { $0.series == containerd.name && $0 <= containerd.latest })
        let calico = try #require(UpstreamReleases.calico.first { $0.name == release.chosen.calico.series })
        #expect(calico.latest == release.chosen.calico && calico.minors?.contains(release.minor) == true)
        let etcd = try #require(UpstreamReleases.etcd.first { $0.name == release.etcd.series })
        #expect(etcd.latest >= release.etcd && release.etcd >= UpstreamReleases.oldestEtcd)
        #expect(!release.sources.isEmpty)
    }

    /// Minors and series without a gap, oldest first, and every day a day.
    @Test func tableIsInOrder() {
        let minors = UpstreamReleases.kubernetes.map(\.minor)
        #expect(minors == Array(32...37))
        #expect(UpstreamReleases.kubernetes.map(\.endOfLife) == UpstreamReleases.kubernetes.map(\.endOfLife).sorted())
        let series = [
            UpstreamReleases.etcd, UpstreamReleases.containerd, UpstreamReleases.calico, UpstreamReleases.vault,
        ]
        for list in series { #expect(list.map(\.latest) == list.map(\.latest).sorted()) }
        let days = series.joined().compactMap(\.endOfLife) + UpstreamReleases.kubernetes.map(\.endOfLife)
        for day in days + [UpstreamReleases.seen] { #expect(Timestamp(day) != nil, "\(day)") }
    }

    /// With nothing written but the release of Kubernetes, its row says what is installed.
    @Test(arguments: UpstreamReleases.kubernetes) func everythingFollowsFromKubernetes(release: KubernetesRelease)
        throws
    {
        let text = Sample.small.replacing("network: {}", with: "kubernetes: { version: \(release.latest) }")
        let versions = try #require(Sample.resolve(text).0).versions
        #expect(versions.containerd == release.chosen.containerd && versions.runc == release.chosen.runc)
        #expect(versions.calico == release.chosen.calico && versions.cniPlugins == release.cniPlugins)
        #expect(versions.coredns == release.coredns && versions.pauseImage == "registry.k8s.io/pause:\(release.pause)")
        #expect(versions.etcd.series == release.etcd.series && versions.vault == UpstreamReleases.vault.last?.latest)
    }

    /// A containerd that is written brings the runc that it was released with.
    @Test func runcFollowsFromContainerd() throws {
        let text = Sample.small.replacing("network: {}", with: "versions: { containerd: 1.7.34 }")
        #expect(try #require(Sample.resolve(text).0).versions.runc == Version(1, 3, 6))
    }
}
