import BundleFormat
import Payloads
import SystemPackage
import Unbundling

/// Finds what a bundle's depot has to hold.
enum DepotSource {
    /// Everything that its machines place, as far as it is pinned and in the bundle or in the store.
    static func collect(_ bundle: String, _ store: PayloadStore) async throws -> DepotContents {
        let plan = try plan(bundle)
        return try await DepotContents.collect(
            plan, from: [try BundledBlobs(reading: FilePath(bundle))], store: store, partial: true)
    }

    private static func plan(_ bundle: String) throws -> DepotPlan {
        let opened = try BundleInput.open(bundle)
        let machines = try opened.description.machines.map { machine in
            guard let manifest = try opened.contents(of: machine.name).files.first(where: { $0.path == "machine.json" }) else {
                throw BundleError.noSecretPart(file: bundle)
            }
            return try MachineManifest(parsing: manifest.bytes, reader: "slipway").payloads
        }
        return DepotPlan(machines: machines)
    }
}
