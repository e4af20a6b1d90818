public import BundleFormat
import HostSystem
import Values

/// An instance on this host: what it was made from, as it stands in its directory.
public struct Instance: Hashable, Sendable {
    public let paths: InstancePaths
    public internal(set) var record: InstanceRecord
    public internal(set) var plan: LaunchPlan

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

    /// The same without a machine.
    func without(_ machine: String) -> Instance {
        var instance = self
        instance.record.machines[machine] = nil
        instance.plan = LaunchPlan(
            cluster: plan.cluster, architecture: plan.architecture, sharesKernel: plan.sharesKernel,
            subnet: plan.subnet, gateway: plan.gateway, boot: plan.boot,
            machines: plan.machines.filter { $0.name != machine })
        return instance
    }

    /// The same, with it on record that machines that are off start with what is in place.
    ///
    /// - Parameter depot: the list of the depot. Where it is a directory, machines see a new one by themselves.
    func starting(_ machines: [String], depot: Digest?, _ media: Media) -> Instance {
        var instance = self
        for machine in machines {
            instance.record.machines[machine, default: .init()].told = record.machines[machine]?.seed
            instance.record.machines[machine]?.depot = media == .images ? depot : nil
        }
        return instance
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
