import BuildPlan
import ClusterModel
import Values

/// Values for `templates/containerd/`.
enum ContainerdValues: ValuesConsumer {
    static let sources: [TemplateName: TemplateValuesSource] = [
        .containerdConfig: .open(config),
        .containerd1Config: .open(config1),
        .containerdUnit: .open { _ in [:] },
    ]

    /// Control groups are there: the resolver refuses containerd 2 without them.
    private static func config(_ context: TemplateContext) throws -> TemplateValues {
        [
            "pause-image": .text(context.cluster.versions.pauseImage),
            "shares-kernel": .flag(context.cluster.guest.sharesKernel),
        ]
    }

    private static func config1(_ context: TemplateContext) throws -> TemplateValues {
        let guest = context.cluster.guest
        return [
            "pause-image": .text(context.cluster.versions.pauseImage),
            "shares-kernel": .flag(guest.sharesKernel),
            "cgroups": .flag(guest.hasCgroups),
            "systemd-cgroup": .text(guest.hasCgroups),
        ]
    }
}

extension Guest {
    /// Whether control groups can be managed inside; the container runtime and the kubelet must agree about it.
    var hasCgroups: Bool { kernel != .shared(cgroupsDelegated: false) }
}

/// Values for `templates/cni/`.
enum CNIValues: ValuesConsumer {
    static let sources: [TemplateName: TemplateValuesSource] = [
        .bridgeNetwork: .open(bridge),
        .podRoutes: .open(routes),
        .podRoutesUnit: .open { ["pods": .text($0.cluster.network.pods)] },
    ]

    private static func bridge(_ context: TemplateContext) throws -> TemplateValues {
        let worker = try context.requireMachine()
        guard let range = context.cluster.podRange(of: worker) else { throw ArtefactError.noPodRange(worker.name) }
        return ["pod-range": .text(range)]
    }

    /// One line for `ip -batch` per other worker. Every worker needs them all, so that this grows with the square of their
    /// number: it is put together as one text, not as a list.
    private static func routes(_ context: TemplateContext) throws -> TemplateValues {
        let own = try context.requireMachine()
        let lines = try context.cluster.machines(.worker).compactMap { worker -> String? in
            guard worker.name != own.name else { return nil }
            guard let range = context.cluster.podRange(of: worker) else { throw ArtefactError.noPodRange(worker.name) }
            return "route replace \(range) via \(worker.address)"
        }
        return ["routes": .text(lines.joined(separator: "\n"))]
    }
}

/// Values for `templates/kubelet/`.
enum KubeletValues: ValuesConsumer {
    static let sources: [TemplateName: TemplateValuesSource] = [
        .kubeletConfig: .open(config),
        .kubeletUnit: .open(unit),
        .kubeletResolvConf: .open { ["servers": servers($0)] },
    ]

    private static func config(_ context: TemplateContext) throws -> TemplateValues {
        let cluster = context.cluster
        return [
            "address": .text(try context.requireMachine().address),
            "domain": .text(cluster.network.domain),
            "cluster-dns": .text(cluster.network.dnsServiceAddress),
            "shares-kernel": .flag(cluster.guest.sharesKernel),
            "cgroups": .flag(cluster.guest.hasCgroups),
            "cgroup-driver": cluster.guest.hasCgroups ? "systemd" : "cgroupfs",
        ]
    }

    private static func unit(_ context: TemplateContext) throws -> TemplateValues {
        let machine = try context.requireMachine()
        return ["name": .text(machine.name), "address": .text(machine.address)]
    }

    private static func servers(_ context: TemplateContext) -> TemplateValue {
        .list("server", context.cluster.network.dns.map(\.description))
    }
}

/// Values for `templates/kube-proxy/`.
enum KubeProxyValues: ValuesConsumer {
    static let sources: [TemplateName: TemplateValuesSource] = [
        .kubeProxyConfig: .open(config),
        .kubeProxyUnit: .open { _ in [:] },
    ]

    private static func config(_ context: TemplateContext) throws -> TemplateValues {
        let machine = try context.requireMachine()
        return [
            "name": .text(machine.name),
            "address": .text(machine.address),
            "pods": .text(context.cluster.network.pods),
            "shares-kernel": .flag(context.cluster.guest.sharesKernel),
        ]
    }
}
