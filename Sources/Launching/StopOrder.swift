import BundleFormat
import Values

/// The order in which a cluster is stopped: whoever needs another ends before it.
///
/// Told all at once, the API servers wait for an etcd that has gone until their time is up (a minute). Workers need not go
/// before the API servers: those wait some seconds for what runs in pods to end, and these go on to serve for a moment, while load balancers
/// find out. The members of etcd go one by one: a leader hands over to a member that stays,
/// which takes no time, and waits for seconds for one that is leaving too.
enum StopOrder {
    /// The machines in groups; each is told when all of the group before are off.
    static func groups(_ machines: [LaunchDefinition]) -> [[LaunchDefinition]] {
        let last: Set<Role> = [.vault, .etcd]
        var members = machines.filter { $0.role == .etcd }.map { [$0] }
        if members.isEmpty { members = [[]] }
        members[0] += machines.filter { $0.role == .vault }
        let groups = [machines.filter { !last.contains($0.role) }] + members
        return groups.filter { !$0.isEmpty }
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
