import BuildPlan
import ClusterModel

/// Values for `templates/containerd/`.
enum ContainerdTemplates: TemplateConsumer {
    static let sources: [TemplateName: TemplateValuesSource] = [
        .containerdConfig: .open(config),
        .containerdUnit: .open { _ in [:] },
    ]

    private static func config(_ context: TemplateContext) throws -> TemplateValues {
        let guest = context.cluster.guest
        return [
            "pause-image": .text(PauseImage.reference),
            "shared-kernel": .flag(guest.sharesKernel),
            "cgroups": .flag(guest.hasCgroups),
            "systemd-cgroup": .text(guest.hasCgroups),
        ]
    }
}

extension Guest {
    /// Whether control groups can be managed inside; the container runtime and the kubelet must agree about it.
    var hasCgroups: Bool { kernel != .shared(cgroupsDelegated: false) }
}
