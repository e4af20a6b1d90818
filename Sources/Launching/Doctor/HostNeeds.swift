package import BundleFormat
package import HostSystem
import Values

/// What machines take of the things that a host's kernel counts, computed from their roles.
///
/// Measured with systemd 252, etcd 3.5, Kubernetes 1.36 and containerd 1.7 in a cluster of eleven, from the outside, as
/// `/proc/<pid>/fd` and the kernel's own counters tell; only what belongs to root where the kernel counts for each user.
package struct HostNeeds: Hashable {
    /// What a machine takes as soon as it works, and when it has as many pods as a node takes: 110.
    package struct Amount: Hashable {
        package var first: Int64
        package var full: Int64

        static func * (amount: Amount, count: Int64) -> Amount {
            Amount(first: amount.first * count, full: amount.full * count)
        }

        static func + (left: Amount, right: Amount) -> Amount {
            Amount(first: left.first + right.first, full: left.full + right.full)
        }
    }

    package private(set) var amounts: [HostLimits.Kind: Amount] = [:]

    /// - Parameters:
    ///   - machines: those that are meant.
    ///   - count: of all that are in the network, which any of them may talk to.
    ///   - sharesKernel: whether they are containers; a virtual machine counts in its own kernel.
    package init(of machines: [LaunchDefinition], among count: Int, sharesKernel: Bool) {
        for machine in machines {
            let needs =
                sharesKernel
                ? Self.container(machine.role, among: Int64(count)) : Self.virtualMachine(processors: machine.cpus)
            amounts.merge(needs) { $0 + $1 }
        }
        // Each network namespace counts its connections for itself.
        amounts[.connections] = machines.isEmpty || !sharesKernel ? nil : Amount(first: 1024, full: 131_072)
    }

    private static func container(_ role: Role, among count: Int64) -> [HostLimits.Kind: Amount] {
        let isNode = role == .worker
        let runsServers = role == .controlPlane
        return [
            // systemd alone has five; the kubelet six, containerd, kube-proxy and the API server's files the others.
            .inotifyInstances: isNode || runsServers ? Amount(first: 13, full: 13) : Amount(first: 5, full: 5),
            // The kubelet watches the cgroup of each container.
            .inotifyWatches: isNode ? Amount(first: 50, full: 2000) : Amount(first: 40, full: 200),
            .tasks: isNode
                ? Amount(first: 60, full: 1200)
                : runsServers ? Amount(first: 40, full: 300) : Amount(first: 20, full: 60),
            .openFiles: isNode || runsServers ? Amount(first: 450, full: 6000) : Amount(first: 350, full: 1500),
            // A pod's address is known to its node, and the node's to the pod.
            .neighbours: Amount(first: min(count, 8), full: count + (isNode ? 220 : 0)),
        ]
    }

    /// QEMU's threads: one for each processor, a few of its own, and as many as 64 that wait for disks.
    private static func virtualMachine(processors: Int64) -> [HostLimits.Kind: Amount] {
        [
            .tasks: Amount(first: processors + 6, full: processors + 70),
            .openFiles: Amount(first: 60, full: 120),
        ]
    }
}

extension HostNeeds {
    /// Compares: what is taken already, or what those that run will take when that is more, and what is to come.
    ///
    /// - Parameters:
    ///   - starting: what the machines need that are to be started.
    ///   - running: what those need that run, most of which they have.
    package static func findings(
        starting: HostNeeds, running: HostNeeds, count: String, limits: HostLimits
    ) -> [Finding] {
        HostLimits.Kind.allCases.compactMap { kind in
            guard let limit = limits.limits[kind] else { return nil }
            let none = Amount(first: 0, full: 0)
            let (new, there) = (starting.amounts[kind] ?? none, running.amounts[kind] ?? none)
            guard new.full + there.full > 0 else { return nil }
            let first = max(limit.used, there.first) + new.first
            let full = max(limit.used, there.full) + new.full
            let text =
                "\(count) take \(new.first + there.first) \(kind.unit), \(limit.used) are taken, and \(limit.limit) are allowed"
            if first > limit.limit {
                return Finding(.failure, kind.rawValue, text, remedy: limit.remedy(for: first, full))
            }
            if full > limit.limit {
                return Finding(
                    .warning, kind.rawValue,
                    "\(count) take up to \(new.full + there.full) \(kind.unit) when they are full of pods, and \(limit.limit) are allowed",
                    remedy: limit.remedy(for: first, full))
            }
            return Finding(.ok, kind.rawValue, text)
        }
    }
}

extension HostLimits.Kind {
    fileprivate var unit: String {
        switch self {
        case .inotifyInstances, .inotifyWatches, .openFiles: rawValue
        case .tasks: "processes and threads"
        case .neighbours: "entries of the ARP table"
        case .connections: "tracked connections each"
        }
    }
}

extension HostLimits.Limit {
    /// The command that mends it, now and after the next boot of the host.
    func remedy(for first: Int64, _ full: Int64) -> String {
        var wanted: Int64 = 1024
        while wanted < max(first * 2, full) { wanted *= 2 }
        switch setting {
        case .sysctl(let name):
            return
                "sudo sysctl -w \(name)=\(wanted); to keep it: echo '\(name) = \(wanted)' | sudo tee -a /etc/sysctl.d/60-slipway.conf"
        case .cgroup(let path):
            return
                "slipway runs in a cgroup that is limited. Allow it more: systemctl set-property \(path.split(separator: "/").last ?? "UNIT") TasksMax=\(wanted)"
        }
    }
}
