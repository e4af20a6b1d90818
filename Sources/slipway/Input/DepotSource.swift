import BundleFormat
import Payloads
import Unbundling

/// Finds what a bundle's depot has to hold.
enum DepotSource {
    /// What the bundle's machines place, and where it can be read from.
    ///
    /// - Parameter partial: leave out what is neither in the bundle nor in the store, instead of failing.
    static func collect(
        _ bundle: Unbundling.Bundle, _ store: PayloadStore, partial: Bool
    ) async throws -> DepotContents {
        let plan = try plan(bundle)
        return try await DepotContents.collect(
            plan, from: [bundle], store: store, partial: partial)
    }

    private static func plan(_ bundle: Unbundling.Bundle) throws -> DepotPlan {
        let machines = try bundle.description.machines.map { machine in
            let files = try bundle.contents(of: machine.name).files
            guard let manifest = files.first(where: { $0.path == "machine.json" }) else {
                throw BundleError.noSecretPart(file: bundle.file)
            }
            return try MachineManifest(parsing: manifest.bytes, reader: "slipway").payloads
        }
        return DepotPlan(machines: machines)
    }
}
