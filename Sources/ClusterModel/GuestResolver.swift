import Diagnostics
import TopologySpec
import Values

/// Resolves `guest:`.
struct GuestResolver {
    let spec: GuestSpec

    func resolve(_ report: inout Report) -> Guest {
        let os = spec.os.value ?? .ubuntu2404
        let architecture = spec.architecture.value ?? .arm64
        let kernel = spec.kernel.value ?? .own
        if !spec.cgroups.isAbsent, kernel == .own, !spec.kernel.isRefused {
            report.error(
                "guest.cgroups", "a machine with its own kernel has its own cgroups", at: spec.cgroups.position,
                help: "remove it, or set guest.kernel: shared")
        }
        return Guest(
            os: os, architecture: architecture,
            kernel: kernel == .own ? .own : .shared(cgroupsDelegated: spec.cgroups.value != GuestSpec.Cgroups.none),
            image: spec.image.value ?? "image-\(os.rawValue)-\(architecture.rawValue)", boot: boot(kernel, &report))
    }

    private func boot(_ guestKernel: GuestSpec.Kernel, _ report: inout Report) -> Guest.DirectBoot? {
        guard let boot = spec.boot else { return nil }
        if guestKernel == .shared {
            report.error(
                "guest.boot", "a machine on a shared kernel boots none", at: boot.position,
                help: "remove it, or set guest.kernel: own")
        }
        for (key, value) in [("kernel", boot.kernel), ("initrd", boot.initrd)] where value.isAbsent {
            report.error(
                "guest.boot.\(key)", "guest.boot has no '\(key)'", at: boot.position,
                help: "name the payload, such as '\(key): guest-\(key)', "
                    + "or remove guest.boot for an image that boots by itself")
        }
        guard let kernel = boot.kernel.value, let initrd = boot.initrd.value else { return nil }
        return Guest.DirectBoot(
            kernel: kernel, initrd: initrd, arguments: boot.arguments.value ?? "root=/dev/vda rw")
    }
}

/// Resolves `kubernetes:` and `versions:` and checks that the artefacts are written for these releases.
struct VersionResolver {
    let kubernetes: KubernetesSpec
    let components: VersionsSpec

    func kubernetes(_ report: inout Report) -> Kubernetes {
        let version = kubernetes.version.value ?? Kubernetes.standard.version
        let minors = Kubernetes.supportedMinors
        if version.major != 1 || !minors.contains(version.minor) {
            report.error(
                "kubernetes.version", "Kubernetes \(version) is not supported", at: kubernetes.version.position,
                help: "supported are 1.\(minors.lowerBound) to 1.\(minors.upperBound)")
        }
        return Kubernetes(version: version, cni: kubernetes.cni.value ?? Kubernetes.standard.cni)
    }

    func components(_ report: inout Report) -> ComponentVersions {
        let tested = ComponentVersions.tested
        // The rendered files follow these releases' formats; another series reads them differently.
        require(components.etcd, "versions.etcd", (3, 5), &report)
        require(components.containerd, "versions.containerd", (1, 7), &report)
        require(components.runc, "versions.runc", (1, nil), &report)
        require(components.calico, "versions.calico", (3, nil), &report)
        require(components.vault, "versions.vault", (1, nil), &report)
        return ComponentVersions(
            etcd: components.etcd.value ?? tested.etcd, containerd: components.containerd.value ?? tested.containerd,
            runc: components.runc.value ?? tested.runc, cniPlugins: components.cniPlugins.value ?? tested.cniPlugins,
            calico: components.calico.value ?? tested.calico, coredns: components.coredns.value ?? tested.coredns,
            vault: components.vault.value ?? tested.vault)
    }

    private func require(
        _ setting: Setting<Version>, _ subject: String, _ series: (major: Int, minor: Int?), _ report: inout Report
    ) {
        guard let version = setting.value,
            version.major != series.major || (series.minor.map { $0 != version.minor } ?? false)
        else { return }
        let expected = series.minor.map { "\(series.major).\($0)" } ?? "\(series.major)"
        report.error(
            subject, "release \(version) is not supported", at: setting.position,
            help: "supported is the series \(expected).x")
    }
}
