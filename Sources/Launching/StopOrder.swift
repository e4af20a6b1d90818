import BundleFormat
import Values

/// The order in which a cluster is stopped: whoever needs another ends before it.
///
/// Told all at once, the API servers wait for an etcd that has gone, until their time is up.
enum StopOrder {
    private static let tiers: [Set<Role>] = [[.worker, .jump, .loadBalancer], [.controlPlane], [.vault, .etcd]]

    /// The machines in groups; each is told when all of the group before are off.
    static func groups(_ machines: [LaunchDefinition]) -> [[LaunchDefinition]] {
        tiers.map { roles in machines.filter { roles.contains($0.role) } }.filter { !$0.isEmpty }
    }
}

extension Launcher {
    /// Stops those that run, group by group; each group has `grace` seconds until it is ended by force.
    ///
    /// - Returns: the names of those that ran, in the order of the plan.
    func stop(
        _ machines: [LaunchDefinition], of instance: Instance, grace: Int
    ) throws(LaunchError) -> [String] {
        var stopped: Set<String> = []
        for group in StopOrder.groups(machines) {
            stopped.formUnion(try provider.stop(group, of: instance, grace: grace))
        }
        return machines.map(\.name).filter(stopped.contains)
    }
}
