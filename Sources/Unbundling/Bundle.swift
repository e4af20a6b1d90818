import Archive
public import BundleFormat
public import SystemPackage
public import Values

/// An opened bundle: its documents, and its machines' files on demand.
public struct Bundle: ~Copyable {
    let store: BlobStore
    public let index: Index
    public let bundleDigest: Values.Digest
    public let publicDigest: Values.Digest
    public let publicManifest: Manifest
    /// `nil` when only the public part was published.
    public let secretManifest: Manifest?
    public let description: BundleDescription

    /// The file as it was named.
    public var file: String { store.file }

    /// Opens a bundle and reads its documents, each checked against its digest.
    ///
    /// - Throws: ``BundleError``, ``ArchiveError`` or `Errno`.
    public static func open(_ path: FilePath) throws -> Bundle { try Bundle(BlobStore.open(path)) }

    init(_ store: consuming BlobStore) throws {
        let file = store.file
        let entries = store.index.manifests
        guard entries.count == 1, let entry = entries.first, entry.mediaType == MediaTypes.index else {
            throw BundleError.notABundle(file: file, reason: "index.json does not name exactly one image index")
        }
        let index = try Self.parse("the bundle's index", file) { () throws -> Index in
            try Index(parsing: store.bytes(entry, name: "the bundle's index", limit: 4 << 20))
        }
        func part(_ name: String) -> Descriptor? {
            index.manifests.first { $0.annotations[AnnotationKeys.part] == name }
        }
        guard let publicEntry = part("public") else {
            throw BundleError.notABundle(file: file, reason: "its index names no public part")
        }
        let manifest = try Self.parse("the public manifest", file) { () throws -> Manifest in
            try Manifest(parsing: store.bytes(publicEntry, name: "the public manifest"))
        }
        let secret = try part("secret").flatMap { entry -> Manifest? in
            guard store.contains(entry.digest) else { return nil }
            return try Self.parse("the secret manifest", file) { () throws -> Manifest in
                try Manifest(parsing: store.bytes(entry, name: "the secret manifest"))
            }
        }
        let description = try Self.parse("the bundle description", file) { () throws -> BundleDescription in
            try BundleDescription(parsing: store.bytes(manifest.config, name: "the bundle description"))
        }
        self.index = index
        bundleDigest = entry.digest
        publicDigest = publicEntry.digest
        publicManifest = manifest
        secretManifest = secret
        self.description = description
        self.store = store
    }

    /// The launch definitions.
    public func launchPlan() throws -> LaunchPlan {
        guard let layer = publicManifest.layers.first(where: { $0.mediaType == MediaTypes.launch }) else {
            throw BundleError.notABundle(file: file, reason: "it has no launch definitions")
        }
        return try Self.parse("launch.json", file) { try LaunchPlan(parsing: store.bytes(layer, name: "launch.json")) }
    }

    /// The machine with this name.
    public func machine(_ name: String) throws(BundleError) -> DescribedMachine {
        guard let machine = description.machines.first(where: { $0.name == name }) else {
            throw .noMachine(name, known: description.machines.map(\.name))
        }
        return machine
    }

    /// Adds the document's name to a parser's complaint.
    static func parse<Document>(_ name: String, _ file: String, _ body: () throws -> Document) throws -> Document {
        do { return try body() } catch let error as FormatError {
            throw BundleError.document(file: file, name: name, error: error)
        }
    }
}

extension Bundle {
    /// Whether the blob is in this file.
    public func store(contains digest: Values.Digest) -> Bool { store.contains(digest) }
}
