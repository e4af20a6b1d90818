public import Values

/// What there is beside a bundle, as a value: what was named on the command line, and which payloads are where.
public struct Offer: Hashable, Sendable {
    /// The depot that would be filled in.
    public struct Depot: Hashable, Sendable {
        /// Of its `depot.json`.
        public let listing: Digest
        /// What it holds.
        public let payloads: Set<Digest>

        public init(listing: Digest, payloads: Set<Digest>) {
            self.listing = listing
            self.payloads = payloads
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
