public import BundleFormat
public import SystemPackage
public import Values

/// An opened bundle: every document read, checked against its digest and against the others; blobs on demand.
///
/// It is opened once and passed on: the file's headers are scanned once, and what a command has seen does not change under it
/// when somebody exchanges the file. A bundle may come from a stranger, so whatever reads one goes through here.
public final class Bundle: Sendable {
    let store: BlobStore
    public let index: Index
    public let bundleDigest: Values.Digest
    public let publicDigest: Values.Digest
    public let publicManifest: Manifest
    /// `nil` when only the public part was published.
    public let secretManifest: Manifest?
    public let description: BundleDescription
    public let launchPlan: LaunchPlan

    /// The file as it was named.
    public var file: String { store.file }

    /// Opens a bundle and reads its documents.
    ///
    /// - Throws: ``BundleError``, ``ArchiveError`` or `Errno`.
    public static func open(_ path: FilePath) throws -> Bundle { try Bundle(BlobStore.open(path)) }

    private init(_ store: BlobStore) throws {
        let documents = Documents(store: store)
        let entries = store.index.manifests
        guard entries.count == 1, let entry = entries.first, entry.mediaType == MediaTypes.index else {
            throw BundleError.notABundle(file: store.file, reason: "index.json does not name exactly one image index")
        }
        let index = try documents.read(entry, "the bundle's index", limit: 4 << 20) { bytes throws(FormatError) in
            try Index(parsing: bytes)
        }
        func part(_ name: String) -> Descriptor? {
            index.manifests.first { $0.annotations[AnnotationKeys.part] == name }
        }
        guard let publicEntry = part("public") else {
            throw BundleError.notABundle(file: store.file, reason: "its index names no public part")
        }
        let manifest = try documents.read(publicEntry, "the public manifest") { bytes throws(FormatError) in
            try Manifest(parsing: bytes)
        }
        secretManifest = try part("secret").flatMap { entry in
            guard store.contains(entry.digest) else { return nil }
            return try documents.read(entry, "the secret manifest") { bytes throws(FormatError) in
                try Manifest(parsing: bytes)
            }
        }
        description = try documents.read(manifest.config, "the bundle description") { bytes throws(FormatError) in
            try BundleDescription(parsing: bytes)
        }
        guard let launch = manifest.layers.first(where: { $0.mediaType == MediaTypes.launch }) else {
            throw BundleError.notABundle(file: store.file, reason: "it has no launch definitions")
        }
        launchPlan = try documents.read(launch, "launch.json") { bytes throws(FormatError) in
            try LaunchPlan(parsing: bytes)
        }
        self.index = index
        bundleDigest = entry.digest
        publicDigest = publicEntry.digest
        publicManifest = manifest
        self.store = store
        if let disagreement = DocumentAgreement.firstDisagreement(description, launchPlan) {
            throw BundleError.disagreement(file: store.file, disagreement)
        }
    }

    /// The machine with this name.
    public func machine(_ name: String) throws(BundleError) -> DescribedMachine {
        guard let machine = description.machines.first(where: { $0.name == name }) else {
            throw .noMachine(name, known: description.machines.map(\.name))
        }
        return machine
    }

    /// Where a blob lies in the file, `nil` when it is absent. Its bytes are not checked: whoever uses them hashes them.
    public func blob(_ digest: Values.Digest) -> BlobPlace? { store.place(of: digest) }

    /// Adds the document's name to a parser's complaint.
    static func parse<Document>(_ name: String, _ file: String, _ body: () throws -> Document) throws -> Document {
        do { return try body() } catch let error as FormatError {
            throw BundleError.document(file: file, name: name, error: error)
        }
    }
}

/// A blob's place in an open bundle file.
public struct BlobPlace: Hashable, Sendable {
    /// The bundle's own descriptor: read from it with an absolute offset, and only while the bundle lives.
    public let descriptor: FileDescriptor
    /// Bytes from the file's start.
    public let offset: Int64
    /// Bytes.
    public let size: Int64
}

/// Reads a bundle's documents.
private struct Documents {
    let store: BlobStore

    func read<Document>(
        _ descriptor: Descriptor, _ name: String, limit: Int64 = 512 << 20,
        _ parse: ([UInt8]) throws(FormatError) -> Document
    ) throws -> Document {
        let bytes = try store.bytes(descriptor, name: name, limit: limit)
        do { return try parse(bytes) } catch {
            throw BundleError.document(file: store.file, name: name, error: error)
        }
    }
}

/// What two documents of a bundle both say must be the same: whoever reads one need not read the other.
enum DocumentAgreement {
    /// The first contradiction between description and launch definitions, as a sentence.
    static func firstDisagreement(_ description: BundleDescription, _ launch: LaunchPlan) -> String? {
        if launch.cluster != description.name {
            return "launch.json is of the cluster \"\(launch.cluster)\", the description of \"\(description.name)\""
        }
        var seen: Set<String> = []
        for machine in description.machines where !seen.insert("\(machine.name)").inserted {
            return "the description names the machine \(machine.name) twice"
        }
        guard launch.machines.count == description.machines.count else {
            return "launch.json has \(launch.machines.count) machines, the description \(description.machines.count)"
        }
        for (place, (described, launched)) in zip(description.machines, launch.machines).enumerated() {
            let machine = "machine number \(place + 1)"
            if described.name != launched.name {
                return "\(machine) is \(launched.name) in launch.json and \(described.name) in the description"
            }
            if described.role != launched.role {
                return
                    "\(described.name) is a \(launched.role) in launch.json and a \(described.role) in the description"
            }
            if described.address != launched.address {
                return
                    "\(described.name) has the address \(launched.address) in launch.json and \(described.address) in the"
                    + " description"
            }
            if described.mac != launched.mac {
                return
                    "\(described.name) has the MAC address \(launched.mac) in launch.json and \(described.mac) in the"
                    + " description"
            }
        }
        return nil
    }
}
