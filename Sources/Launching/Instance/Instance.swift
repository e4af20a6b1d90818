public import BundleFormat
import HostSystem

/// An instance on this host: what it was made from, as it stands in its directory.
public struct Instance: Hashable, Sendable {
    public let paths: InstancePaths
    public let record: InstanceRecord
    public let plan: LaunchPlan

    /// - Throws: ``LaunchError/noInstance(name:root:)`` or ``LaunchError/damaged(path:reason:)``
    public static func open(_ paths: InstancePaths) throws(LaunchError) -> Instance {
        guard let instance = try find(paths) else { throw .noInstance(name: paths.name, root: paths.root) }
        return instance
    }

    /// Nil when there is none, or when its making was cut short before anything could run.
    package static func find(_ paths: InstancePaths) throws(LaunchError) -> Instance? {
        guard let recordBytes = try Files.read(paths.record), let planBytes = try Files.read(paths.launchPlan) else {
            return nil
        }
        return Instance(
            paths: paths,
            record: try parse(paths.record) { () throws(FormatError) in try InstanceRecord(parsing: recordBytes) },
            plan: try parse(paths.launchPlan) { () throws(FormatError) in try LaunchPlan(parsing: planBytes) })
    }

    /// The names of all instances below a state directory.
    public static func names(in root: String) -> [String] {
        Files.names(in: root).filter { Files.exists("\(root)/\($0)/instance.json") }
    }

    package func save() throws(LaunchError) {
        // The plan first: a record alone would be no instance, a plan alone is none yet.
        try Files.write(CanonicalJSON.encode(plan.json), to: paths.launchPlan)
        try Files.write(CanonicalJSON.encode(record.json), to: paths.record)
    }

    /// The same, with other facts on record.
    package func with(
        isComplete: Bool? = nil, absentPayloads: [String: [String]]? = nil, untold: [String]? = nil,
        bootFiles: [String: String]? = nil
    ) -> Instance {
        let record = InstanceRecord(
            cluster: record.cluster, provider: record.provider, bundleDigest: record.bundleDigest,
            baseTree: record.baseTree, isComplete: isComplete ?? record.isComplete,
            absentPayloads: absentPayloads ?? record.absentPayloads, untold: untold ?? record.untold,
            bootFiles: bootFiles ?? record.bootFiles)
        return Instance(paths: paths, record: record, plan: plan)
    }

    /// The machines with these names in the bundle's order; all of them when none is named.
    public func machines(_ names: [String]) throws(LaunchError) -> [LaunchDefinition] {
        try plan.select(names, instance: paths.name)
    }

    private static func parse<Document>(
        _ path: String, _ body: () throws(FormatError) -> Document
    ) throws(LaunchError) -> Document {
        do throws(FormatError) { return try body() } catch { throw .damaged(path: path, reason: "\(error)") }
    }
}

extension LaunchPlan {
    /// The machines with these names in the bundle's order; all of them when none is named.
    public func select(_ names: [String], instance: String) throws(LaunchError) -> [LaunchDefinition] {
        let known = machines.map(\.name)
        for name in names where !known.contains(name) {
            throw .noMachine(name: name, instance: instance, known: known)
        }
        return names.isEmpty ? machines : machines.filter { names.contains($0.name) }
    }
}
