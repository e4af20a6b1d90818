public import ClusterModel
public import Diagnostics

/// Checks that every entry of `pki.generations` reaches a key: one that does not would rotate nothing, and say nothing.
///
/// Only the plan knows which keys there are, so this is no part of ``ClusterResolver``.
public struct GenerationCheck {
    private let cluster: Cluster

    public init(cluster: Cluster) { self.cluster = cluster }

    /// - Parameter place: where the entry of a key stands in the topology.
    public func run(into report: inout Report, at place: (KeyName) -> SourcePosition?) {
        // Planning costs something, and most topologies rotate nothing.
        guard !cluster.pki.generations.isEmpty else { return }
        let keys = Planner.plan(cluster).keys
        let (kinds, names) = (Set(keys.map(\.kind)), Set(keys.map(\.name)))
        for name in cluster.pki.generations.keys.sorted(by: { $0.description < $1.description }) {
            guard name.holder == nil ? !kinds.contains(name.kind) : !names.contains(name) else { continue }
            let holders = keys.filter { $0.kind == name.kind }.compactMap(\.holder)
            report.error(
                "pki.generations.\(name)", Self.message(name), at: place(name),
                help: Self.help(name, holders))
        }
    }

    private static func message(_ name: KeyName) -> String {
        name.holder.map { "'\($0)' has no \(name.kind.rawValue) key" }
            ?? "this cluster has no \(name.kind.rawValue) key"
    }

    private static func help(_ name: KeyName, _ holders: [String]) -> String {
        guard !holders.isEmpty else { return "remove the line: there is nothing that it would make anew" }
        let some = holders.prefix(3).joined(separator: ", ") + (holders.count > 3 ? ", …" : "")
        return "who has one: \(some); '\(name.kind.rawValue)' alone means all of them"
    }
}
