import Diagnostics
import TopologySpec
import Values

/// Resolves `kubernetes:` and `versions:` and checks that the artefacts are written for these releases.
struct VersionResolver {
    let kubernetes: KubernetesSpec
    let components: VersionsSpec

    func kubernetes(_ report: inout Report) -> Kubernetes {
        let version = version(kubernetes.version, "kubernetes.version", default: Version(1, 32, 0), &report)
        let minors = Kubernetes.supportedMinors
        if version.major != 1 || !minors.contains(version.minor) {
            report.error(
                "kubernetes.version", "Kubernetes \(version) is not supported", at: kubernetes.version?.position,
                help: "supported are 1.\(minors.lowerBound) to 1.\(minors.upperBound)")
        }
        let cni: Kubernetes.CNI = SettingParser.choice(kubernetes.cni, "kubernetes.cni", default: .calico, &report)
        return Kubernetes(version: version, cni: cni)
    }

    func components(_ report: inout Report) -> ComponentVersions {
        let resolved = ComponentVersions(
            etcd: version(components.etcd, "versions.etcd", default: Version(3, 5, 12), &report),
            containerd: version(components.containerd, "versions.containerd", default: Version(1, 7, 24), &report),
            runc: version(components.runc, "versions.runc", default: Version(1, 2, 4), &report),
            cniPlugins: version(components.cniPlugins, "versions.cni-plugins", default: Version(1, 6, 2), &report),
            calico: version(components.calico, "versions.calico", default: Version(3, 28, 0), &report),
            coredns: version(components.coredns, "versions.coredns", default: Version(1, 11, 3), &report),
            vault: version(components.vault, "versions.vault", default: Version(1, 15, 4), &report))
        // The rendered files follow these releases' formats; another series reads them differently.
        require(resolved.etcd, "versions.etcd", components.etcd, (3, 5), &report)
        require(resolved.containerd, "versions.containerd", components.containerd, (1, 7), &report)
        require(resolved.runc, "versions.runc", components.runc, (1, nil), &report)
        require(resolved.calico, "versions.calico", components.calico, (3, nil), &report)
        require(resolved.vault, "versions.vault", components.vault, (1, nil), &report)
        return resolved
    }

    private func version(
        _ text: Located<String>?, _ subject: String, default fallback: Version, _ report: inout Report
    ) -> Version {
        SettingParser.value(
            text, subject, default: fallback, expected: "a release number", example: "\(fallback)", &report
        ) { Version($0) }
    }

    private func require(
        _ version: Version, _ subject: String, _ text: Located<String>?, _ series: (major: Int, minor: Int?),
        _ report: inout Report
    ) {
        guard version.major != series.major || (series.minor.map { $0 != version.minor } ?? false) else { return }
        let expected = series.minor.map { "\(series.major).\($0)" } ?? "\(series.major)"
        report.error(
            subject, "release \(version) is not supported", at: text?.position,
            help: "supported is the series \(expected).x")
    }
}
