import Diagnostics
import TopologySpec
import Values

/// Resolves `kubernetes:` and `versions:`: what is not written follows from the Kubernetes release, and what is written must fit it.
struct VersionResolver {
    private let kubernetes: KubernetesSpec
    private let components: VersionsSpec
    private let version: Version
    /// The row of the table; the nearest one for a minor that is refused.
    private let release: KubernetesRelease

    init(kubernetes: KubernetesSpec, components: VersionsSpec) {
        self.kubernetes = kubernetes
        self.components = components
        version = kubernetes.version.value ?? UpstreamReleases.standard.latest
        release = UpstreamReleases.release(nearest: version.minor)
    }

    var pods: PodNetwork { kubernetes.cni.value ?? .calico }

    func kubernetes(_ report: inout Report) -> Kubernetes {
        if version.major != 1 || version.minor != release.minor {
            let minors = UpstreamReleases.kubernetes.map { "1.\($0.minor)" }
            report.error(
                "kubernetes.version", "Kubernetes \(version) is not supported", at: kubernetes.version.position,
                help: "supported are \(minors.first ?? "") to \(minors.last ?? ""); without this key it is "
                    + "\(UpstreamReleases.standard.latest)")
        }
        return Kubernetes(version: version, cni: pods)
    }

    /// - Parameter guest: what the machines' kernel lets a container runtime do.
    func components(on guest: Guest, cgroups: Setting<GuestSpec.Cgroups>, _ report: inout Report) -> ComponentVersions {
        let versions = resolved
        // A refused Kubernetes release says nothing about its companions.
        guard version.major == 1, version.minor == release.minor else { return versions }
        checkEtcd(&report)
        checkContainerd(versions.containerd, guest, cgroups, &report)
        checkPodNetwork(&report)
        checkOthers(&report)
        return versions
    }

    private var resolved: ComponentVersions {
        let containerd = components.containerd.value ?? release.chosen.containerd
        return ComponentVersions(
            etcd: components.etcd.value ?? etcd, containerd: containerd,
            runc: components.runc.value ?? runc(with: containerd),
            cniPlugins: components.cniPlugins.value ?? release.cniPlugins,
            calico: components.calico.value ?? release.chosen.calico,
            coredns: components.coredns.value ?? release.coredns, pause: release.pause,
            vault: components.vault.value ?? vault)
    }

    /// The newest patch of the series that upstream tests with.
    private var etcd: Version {
        UpstreamReleases.etcd.first { $0.contains(release.etcd) }?.latest ?? release.etcd
    }

    /// The one that a containerd is released with.
    private func runc(with containerd: Version) -> Version {
        UpstreamReleases.containerd.first { $0.contains(containerd) }?.runc ?? release.chosen.runc
    }

    private var vault: Version { UpstreamReleases.newestVault.latest }

    // MARK: etcd

    private func checkEtcd(_ report: inout Report) {
        guard case .written(let written, let place) = components.etcd else { return }
        let help = remedy("etcd", etcd)
        if !UpstreamReleases.etcd.contains(where: { $0.contains(written) }) {
            let known = UpstreamReleases.etcd.map { "\($0.name).x" }.joined(separator: ", ")
            report.error(
                "versions.etcd", "etcd \(written) is not supported", at: place, help: "\(help); known are \(known)")
        } else if written < UpstreamReleases.oldestEtcd {
            report.warning(
                "versions.etcd",
                "etcd \(written) is older than \(UpstreamReleases.oldestEtcd), the oldest that upstream's kubeadm accepts",
                at: place, help: help)
        } else if written.isOfLaterSeries(than: release.etcd) {
            report.warning(
                "versions.etcd",
                "etcd \(written) is newer than what upstream tests Kubernetes \(version.series) with (\(release.etcd))",
                at: place, help: help)
        }
    }

    // MARK: containerd and runc

    private func checkContainerd(
        _ containerd: Version, _ guest: Guest, _ cgroups: Setting<GuestSpec.Cgroups>, _ report: inout Report
    ) {
        let place = components.containerd.position
        let isOne = containerd.major == 1
        if (isOne && containerd.minor != 7) || !(1...2).contains(containerd.major) {
            report.error(
                "versions.containerd", "containerd \(containerd) is not supported", at: place,
                help: remedy("containerd", release.chosen.containerd) + "; known are 1.7.x and 2.x")
            return
        }
        if !isOne, guest.kernel == .shared(cgroupsDelegated: false) {
            // disable_cgroup is gone from containerd 2.0 on.
            report.error(
                place == nil ? "guest.cgroups" : "versions.containerd",
                "containerd \(containerd) cannot run without control groups, and guest.cgroups is none",
                at: place ?? cgroups.position,
                help: "write 'versions: { containerd: \(UpstreamReleases.containerd1.latest) }', "
                    + "or 'cgroups: delegated' where the host hands them down")
            return
        }
        guard place != nil else { return }
        checkListed(containerd, at: place, &report)
    }

    /// Whether containerd's own list has the release for this minor.
    private func checkListed(_ containerd: Version, at place: SourcePosition?, _ report: inout Report) {
        let subject = "versions.containerd"
        let help = remedy("containerd", release.chosen.containerd)
        if containerd.major == 1, release.minor > UpstreamReleases.lastMinorWithContainerd1 {
            report.warning(
                subject,
                "containerd \(containerd) is not supported by upstream with Kubernetes \(version.series): "
                    + "1.\(UpstreamReleases.lastMinorWithContainerd1) was the last for containerd 1.x",
                at: place,
                help:
                    "\(help); the kubelet of 1.\(UpstreamReleases.firstMinorWithRuntimeConfig) will not start with it at all"
            )
            return
        }
        let listed = release.containerdListed
        // A series later than the list's last is upstream's to add; of an earlier one that is missing, it was left out.
        guard let last = listed.max(), !containerd.isOfLaterSeries(than: last) else { return }
        let list = listed.map { "\($0)" }.joined(separator: ", ")
        guard let first = listed.first(where: { $0.series == containerd.series }) else {
            report.warning(
                subject,
                "containerd \(containerd) is not among those that upstream lists for Kubernetes \(version.series) "
                    + "(from \(list) on, each in its series)",
                at: place, help: help)
            return
        }
        if containerd < first {
            report.warning(
                subject,
                "containerd \(containerd) is older than \(first), from which on upstream supports \(first.series) "
                    + "with Kubernetes \(version.series)",
                at: place, help: help)
        }
    }

    // MARK: Pod network

    private func checkPodNetwork(_ report: inout Report) {
        switch pods {
        case .calico: checkCalico(&report)
        case .bridge: checkPlugins(&report)
        }
        let unused: (Setting<Version>, String) =
            pods == .calico ? (components.cniPlugins, "cni-plugins") : (components.calico, "calico")
        if unused.0.value != nil {
            report.note(
                "versions.\(unused.1)", "versions.\(unused.1) is not used: kubernetes.cni is \(pods.rawValue)",
                at: unused.0.position,
                help: pods == .calico ? "Calico brings its own plugins; remove the line" : "remove the line")
        }
    }

    private func checkCalico(_ report: inout Report) {
        guard case .written(let written, let place) = components.calico else { return }
        let help = remedy("calico", release.chosen.calico)
        if written.major != 3 {
            report.error(
                "versions.calico", "Calico \(written) is not supported", at: place, help: "\(help); known is 3.x")
            return
        }
        let tested = UpstreamReleases.calico.filter { $0.minors?.contains(release.minor) == true }
        guard !tested.contains(where: { $0.contains(written) }) else { return }
        report.warning(
            "versions.calico",
            "Calico \(written) is not among those that upstream tests with Kubernetes \(version.series) "
                + "(\(tested.map(\.name).joined(separator: ", ")))",
            at: place, help: help)
    }

    private func checkPlugins(_ report: inout Report) {
        guard case .written(let written, let place) = components.cniPlugins, written.major < 1 else { return }
        // containernetworking/plugins: 1.0.0 is the first that is built with version 1.0.0 of the specification.
        report.error(
            "versions.cni-plugins",
            "CNI plugins \(written) do not know version 1.0.0 of the CNI specification, in which the pod network is written",
            at: place, help: remedy("cni-plugins", release.cniPlugins))
    }

    // MARK: The rest

    private func checkOthers(_ report: inout Report) {
        if case .written(let written, let place) = components.runc, written.major != 1 {
            report.error(
                "versions.runc", "runc \(written) is not supported", at: place,
                help: remedy("runc", release.chosen.runc) + "; known is 1.x")
        }
        // Kubernetes 1.25 and later have EndpointSlices as v1 alone.
        if case .written(let written, let place) = components.coredns, written < Version(1, 8, 4) {
            report.error(
                "versions.coredns",
                "CoreDNS \(written) asks for discovery.k8s.io/v1beta1, which Kubernetes \(version.series) no longer has",
                at: place, help: remedy("coredns", release.coredns) + "; 1.8.4 is the first that works")
        }
        let oldest = UpstreamReleases.oldestVault.latest
        if case .written(let written, let place) = components.vault,
            oldest.isOfLaterSeries(than: written) || written.major > vault.major
        {
            report.error(
                "versions.vault", "Vault \(written) is not supported", at: place,
                help: remedy("vault", vault) + "; known are \(oldest.series) to 2.x")
        }
    }

    /// `remove the line, or write 'etcd: 3.6.14'`
    private func remedy(_ key: String, _ version: Version) -> String {
        "remove the line, or write '\(key): \(version)'"
    }
}

extension UpstreamReleases {
    /// The row of a minor, or the row that is nearest to it.
    static func release(nearest minor: Int) -> KubernetesRelease {
        kubernetes.reduce(standard) { abs($1.minor - minor) < abs($0.minor - minor) ? $1 : $0 }
    }
}
