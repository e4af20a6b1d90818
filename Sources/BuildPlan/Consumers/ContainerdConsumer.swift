import ClusterModel

extension TemplateName {
    public static let containerdConfig: Self = "containerd/config.toml"
    public static let containerdUnit: Self = "containerd/containerd.service"
}

/// The container runtime of a worker: containerd, runc and the images that pods need before any network exists.
enum ContainerdConsumer: Consumer {
    static func contribute(to plan: inout MachinePlan, _ cluster: Cluster, _ catalogue: PayloadCatalogue) {
        let config = "/etc/containerd/config.toml"
        plan.directories += [DirectoryPlan("/etc/containerd"), DirectoryPlan("/var/lib/containerd", mode: 0o700)]
        plan.files += [
            .rendered(config, .containerdConfig),
            .rendered("/etc/systemd/system/containerd.service", .containerdUnit),
        ]
        plan.payloads += ["containerd", "containerd-shim-runc-v2", "ctr"].map { name in
            PayloadUse(catalogue.containerd, member: "bin/\(name)", path: "/usr/local/bin/\(name)")
        }
        plan.payloads += [
            PayloadUse(catalogue.runc, path: "/usr/local/sbin/runc"), PayloadUse(catalogue.pauseImage),
            PayloadUse(catalogue.coreDNSImage),
        ]
        plan.units.append(UnitPlan("containerd.service", restartOn: [config, "/usr/local/bin/containerd"]))
    }
}
