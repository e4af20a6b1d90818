import BundleFormat
import HostSystem
import Values

/// The order in which a cluster is stopped: whoever needs another ends before it.
///
/// Told all at once, the API servers wait for an etcd that has gone until their time is up (a minute). Nobody waits for a worker: it takes
/// the longest, since what runs in pods is asked to end, and needs the API for none of it. The members of etcd go one by one: a leader
/// hands over to a member that stays, which takes no time, and waits for seconds for one that is leaving too.
enum StopOrder {
    /// The machines in lanes that do not wait for each other. A lane's groups go one after the other: each is told when all of the
    /// group before are off.
    static func lanes(_ machines: [LaunchDefinition]) -> [[[LaunchDefinition]]] {
        let chained: Set<Role> = [.controlPlane, .etcd]
        let members = machines.filter { $0.role == .etcd }.map { [$0] }
        let chain = [machines.filter { $0.role == .controlPlane }] + members
        return [chain, [machines.filter { !chained.contains($0.role) }]].map { lane in lane.filter { !$0.isEmpty } }
            .filter { !$0.isEmpty }
    }
}

extension Launcher {
    /// Stops those that run, in ``StopOrder``; each group has `grace` seconds until it is ended by force.
    ///
    /// - Returns: the names of those that ran, in the order of the plan.
    func stop(
        _ machines: [LaunchDefinition], of instance: Instance, grace: Int
    ) throws(LaunchError) -> [String] {
        let lanes = StopOrder.lanes(machines)
        // A lane that fails ends; the other one goes on to its end, as far as it comes.
        let results = Parallel.compactMap(lanes.count, width: lanes.count) { index in
            Result { () throws(LaunchError) in
                var stopped: [String] = []
                for group in lanes[index] { stopped += try provider.stop(group, of: instance, grace: grace) }
                return stopped
            }
        }
        var stopped: Set<String> = []
        for result in results { stopped.formUnion(try result.value.get()) }
        return machines.map(\.name).filter(stopped.contains)
    }
}
