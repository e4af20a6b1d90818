import BundleFormat
import HostSystem

/// Finds out what a machine has to do without: payloads that the lock file does not pin or the depot does not hold.
enum AbsentPayloads {
    /// The names by machine, sorted; only machines that lack something.
    static func find(in paths: InstancePaths, machines: [LaunchDefinition]) throws(LaunchError) -> [String: [String]] {
        let held = Set((try DepotMirror.manifest(in: paths.depot)?.payloads ?? []).map(\.digest))
        var result: [String: [String]] = [:]
        for machine in machines {
            let path = paths.machineManifest(of: machine.name)
            guard let bytes = try Files.read(path) else { throw .damaged(path: path, reason: "is missing") }
            let manifest: MachineManifest
            do { manifest = try MachineManifest(parsing: bytes, reader: "slipway") } catch {
                throw .damaged(path: path, reason: "\(error)")
            }
            let absent = manifest.payloads.filter { payload in payload.digest.map { !held.contains($0) } ?? true }
            if !absent.isEmpty { result[machine.name] = Set(absent.map(\.name)).sorted() }
        }
        return result
    }
}
