import BundleFormat
public import Payloads
import SystemPackage
public import Unbundling
public import Values

/// Finds what a bundle's depot has to hold.
public enum DepotSource {
    /// What the bundle's machines place, and where it can be read from.
    ///
    /// - Parameters:
    ///   - depot: the directory of a depot that was made before, which then takes the place of the store.
    ///   - partial: leave out what is nowhere, instead of failing.
    public static func collect(
        _ bundle: Unbundling.Bundle, _ store: PayloadStore, depot: String? = nil, partial: Bool
    ) async throws -> DepotContents {
        // Machines of one configuration place the same payloads.
        let plan = DepotPlan(machines: bundle.description.configurations.map(\.payloads))
        guard let depot else {
            return try await DepotContents.collect(plan, from: [bundle], store: store, partial: partial)
        }
        let blobs = try DepotBlobs(FilePath(depot))
        return try await DepotContents.collect(plan, from: [blobs], store: nil, partial: partial)
    }
}

/// A full bundle holds its payloads.
extension Unbundling.Bundle: BlobSource {
    public func location(of digest: Values.Digest) -> BlobLocation? {
        blob(digest).map { BlobLocation(file: FilePath(file), offset: $0.offset, size: $0.size) }
    }
}
