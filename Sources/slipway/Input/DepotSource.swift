import BundleFormat
import Payloads
import SystemPackage
import Unbundling

/// Finds what a bundle's depot has to hold.
enum DepotSource {
    /// What the bundle's machines place, and where it can be read from.
    ///
    /// - Parameters:
    ///   - depot: the directory of a depot that was made before, which then takes the place of the store.
    ///   - partial: leave out what is nowhere, instead of failing.
    static func collect(
        _ bundle: Unbundling.Bundle, _ store: PayloadStore, depot: String? = nil, partial: Bool
    ) async throws -> DepotContents {
        let plan = try plan(bundle)
        guard let depot else {
            return try await DepotContents.collect(plan, from: [bundle], store: store, partial: partial)
        }
        let blobs = try DepotBlobs(FilePath(depot))
        return try await DepotContents.collect(plan, from: [blobs], store: nil, partial: partial)
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
