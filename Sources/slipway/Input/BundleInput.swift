public import Payloads
import SystemPackage
public import Unbundling
public import Values

/// Opens a bundle that the user named. Each command does so once and passes the value on.
enum BundleInput {
    static func open(_ path: String) throws -> Unbundling.Bundle {
        do { return try Unbundling.Bundle.open(FilePath(path)) } catch let error as Errno {
            throw CommandFailure(ExitStatus(reading: error), "cannot read \(path): \(error)")
        }
    }
}

/// A full bundle holds its payloads.
extension Unbundling.Bundle: BlobSource {
    public func location(of digest: Values.Digest) -> BlobLocation? {
        blob(digest).map { BlobLocation(file: FilePath(file), offset: $0.offset, size: $0.size) }
    }
}
