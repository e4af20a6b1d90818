import SystemPackage
import Unbundling

/// Opens a bundle that the user named.
enum BundleInput {
    static func open(_ path: String) throws -> Unbundling.Bundle {
        do { return try Unbundling.Bundle.open(FilePath(path)) } catch let error as Errno {
            throw CommandFailure(.input, "cannot read \(path): \(error)")
        }
    }
}
