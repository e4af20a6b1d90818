import BundleFormat
import Foundation
import HostSystem
public import Values

/// What there is beside a bundle, as a value: what was named on the command line, and which payloads are where.
public struct Offer: Hashable, Sendable {
    /// The depot that would be filled in.
    public struct Depot: Hashable, Sendable {
        /// Of its `depot.json`.
        public let listing: Digest
        /// What it holds.
        public let payloads: Set<Digest>
        /// Whether machines can be started from it: it holds slipway-apply.
        public let hasApplier: Bool

        public init(listing: Digest, payloads: Set<Digest>, hasApplier: Bool = true) {
            self.listing = listing
            self.payloads = payloads
            self.hasApplier = hasApplier
        }
    }

    /// A payload that machines boot from. Other content has another file name: disks that began as an older image go on
    /// with that one.
    public enum BootFile: Hashable, Sendable {
        /// Named on the command line: it takes the place of what the instance has.
        case named(file: String)
        case pinned(file: String)
        /// No lock file pins it.
        case unpinned
        /// Pinned, and neither in the bundle nor in the store.
        case absent(Digest, store: String)
    }

    /// The tree that containers share, absolute; nil for the one that the instance has.
    public let baseTree: String?
    public let depot: Depot
    /// By payload.
    public let bootFiles: [String: BootFile]

    public init(baseTree: String?, depot: Depot, bootFiles: [String: BootFile]) {
        self.baseTree = baseTree
        self.depot = depot
        self.bootFiles = bootFiles
    }
}

/// Where what a bundle only names comes from.
public protocol Supplies {
    var offer: Offer { get }

    /// Makes the directory hold the depot.
    func fillDepot(directory: String) throws

    /// Makes the file hold the depot as an image, and the directory beside it what the depot lists.
    func writeDepot(image: String, listing directory: String) throws

    /// Puts a payload that machines boot from at a path, where nothing may change it.
    func placeBootFile(_ payload: String, at path: String) throws
}

/// Brings a depot into an instance: by hard links where that is possible, so that it takes no room.
public enum DepotMirror {
    /// Makes the target hold what the source holds. The target itself is kept, because running machines have it mounted;
    /// `depot.json` comes after all that it names, and what is no longer named goes last.
    public static func fill(_ target: String, from source: String) throws(LaunchError) {
        guard Files.exists("\(source)/\(DepotManifest.path)"), Files.exists("\(source)/\(GuestLayout.applier)") else {
            throw .noDepot(path: source)
        }
        try Files.makeDirectory(target)
        let files = Files.files(below: source)
        for file in files where file != DepotManifest.path { try place(file, source, target) }
        try place(DepotManifest.path, source, target)
        let wanted = Set(files)
        for file in Files.files(below: target) where !wanted.contains(file) { try Files.remove("\(target)/\(file)") }
    }

    /// The same from a depot that `write` makes in the directory it is given, which is kept for the next time.
    public static func fill(_ target: String, beside write: (_ directory: String) throws -> Void) throws {
        let source = target + ".made"
        try write(source)
        try fill(target, from: source)
    }

    private static func place(_ file: String, _ source: String, _ target: String) throws(LaunchError) {
        let (from, to) = ("\(source)/\(file)", "\(target)/\(file)")
        if let identity = Files.identity(of: from), Files.identity(of: to) == identity { return }
        try Files.makeDirectory((to as NSString).deletingLastPathComponent)
        let temporary = to + ".new"
        try Files.remove(temporary)
        if !Files.hardLink(from, to: temporary) {
            do { try FileManager.default.copyItem(atPath: from, toPath: temporary) } catch {
                throw .system(call: "copy", path: from, reason: error.localizedDescription)
            }
        }
        try Files.rename(temporary, to: to)
    }
}
