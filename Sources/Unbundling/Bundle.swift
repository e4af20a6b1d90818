import Archive
public import BundleFormat
public import Sealing
public import SystemPackage
public import Values

/// An opened bundle: every document read, checked against its digest, in its one spelling, and in agreement with the others;
/// blobs on demand.
///
/// It is opened once and passed on: the file's headers are scanned once, and what a command has seen does not change under it
/// when somebody exchanges the file. A bundle may come from a stranger, so whatever reads one goes through here.
public final class Bundle: Sendable {
    package let store: BlobStore
    public let bundleDigest: Values.Digest
    public let publicDigest: Values.Digest
    public let publicManifest: Manifest
    /// `nil` when the secret part cannot be read: only the public part was published, or it is sealed and no key was given.
    public let secretManifest: Manifest?
    /// `nil` when the file's secret part is not sealed.
    public let sealed: SealedPart?
    let unsealed: UnsealedBlobs?
    public let description: BundleDescription
    public let launchPlan: LaunchPlan
    /// The entry of the secret manifest, which is named whether or not it is there.
    let secretPart: Descriptor
    /// The bytes of the image index, whose digest is the bundle's: what is signed.
    public let index: [UInt8]
    private let numbers: [String: Int]

    /// The file as it was named.
    public var file: String { store.file }

    /// Opens a bundle and reads its documents.
    ///
    /// - Parameters:
    ///   - identities: what opens a sealed secret part; without any it stays closed.
    ///   - admit: is given the bytes of the image index, which names everything else by digest, before anything that it
    ///     names is read; throws when the bundle is not to be used.
    /// - Throws: ``BundleError``, ``ArchiveError``, `Errno`, or what `admit` throws.
    public static func open(
        _ path: FilePath, identities: [Identity] = [], admit: (_ index: [UInt8]) throws -> Void = { _ in }
    ) throws -> Bundle {
        try Bundle(BlobStore.open(path), identities, admit)
    }

    private init(_ store: BlobStore, _ identities: [Identity], _ admit: ([UInt8]) throws -> Void) throws {
        let documents = DocumentReader(store: store)
        var indexBytes: [UInt8] = []
        let parts = try documents.parts { bytes in
            try admit(bytes)
            indexBytes = bytes
        }
        let (publicEntry, secretEntry, entry) = (parts.publicPart, parts.secretPart, parts.index)
        let manifest = try documents.read(publicEntry, "the public manifest", limit: 32 << 20) {
            bytes throws(FormatError) in try Manifest(parsing: bytes)
        }
        let description = try documents.read(manifest.config, "the bundle description", limit: 32 << 20) {
            bytes throws(FormatError) in try BundleDescription(parsing: bytes)
        }
        try documents.compare(manifest.config, "the bundle description", with: description.json)
        let layout = BundleLayout(description: description)
        let expected: Manifest
        do throws(FormatError) { expected = try layout.publicManifest(config: manifest.config) } catch {
            throw BundleError.document(file: store.file, name: "the bundle description", error: error)
        }
        try documents.compare(
            publicEntry, "the public manifest", with: expected.json,
            because: documents.difference(manifest.layers, expected.layers, "the public manifest"))
        let secrets = try documents.secretManifest(secretEntry, layout)
        sealed = try parts.sealed.map { form in
            guard let secrets else {
                throw BundleError.missingBlob(
                    file: store.file, name: "the secret manifest", digest: secretEntry.digest)
            }
            try documents.compare(form, parts, layout)
            return SealedPart(
                digest: form.index.digest, manifest: secrets, part: form.entry.digest, file: form.file)
        }
        unsealed = try sealed.flatMap { part in
            identities.isEmpty ? nil : try UnsealedBlobs(part, in: store, identities, description)
        }
        secretManifest = sealed == nil || unsealed != nil ? secrets : nil
        try documents.compare(
            entry, "the bundle's index",
            with: layout.index(
                publicPart: (publicEntry.digest, publicEntry.size), secretPart: (secretEntry.digest, secretEntry.size)
            ).encoded)
        let launch = Descriptor(
            mediaType: MediaTypes.launch, digest: description.launch.digest, size: description.launch.size)
        let launchPlan = try documents.read(launch, "launch.json", limit: 32 << 20) { bytes throws(FormatError) in
            try LaunchPlan(parsing: bytes)
        }
        try documents.compare(launch, "launch.json", with: launchPlan.json)
        if let disagreement = DocumentAgreement.firstDisagreement(description, launchPlan) {
            throw BundleError.disagreement(file: store.file, disagreement)
        }
        index = indexBytes
        bundleDigest = entry.digest
        publicDigest = publicEntry.digest
        publicManifest = manifest
        secretPart = secretEntry
        numbers = Dictionary(
            description.machines.enumerated().map { ($0.element.name, $0.offset) },
            uniquingKeysWith: { first, _ in first })
        (self.description, self.launchPlan, self.store) = (description, launchPlan, store)
    }

    /// The machine with this name.
    public func machine(_ name: String) throws(BundleError) -> DescribedMachine {
        description.machines[try number(of: name)]
    }

    /// The machine's place in the description, which is also its place among the secret layers.
    func number(of name: String) throws(BundleError) -> Int {
        guard let number = numbers[name] else { throw .noMachine(name, known: description.machines.map(\.name)) }
        return number
    }

    /// Documents that are no machine's, by name: those that the public part has as layers, and `description.json`.
    public var documents: [(name: String, descriptor: Descriptor)] {
        [("description.json", publicManifest.config)]
            + publicManifest.layers.compactMap { layer in layer.title.map { ($0, layer) } }
    }

    /// The bytes of one of ``documents``.
    public func bytes(of document: Descriptor) throws -> [UInt8] {
        try store.bytes(document, name: document.title ?? "the bundle description", limit: 64 << 20)
    }

    /// Where a blob lies in the file, `nil` when it is absent. Its bytes are not checked: whoever uses them hashes them.
    public func blob(_ digest: Values.Digest) -> BlobPlace? { store.place(of: digest) }

    /// Every blob that the file may hold, in its order, each once.
    package var blobOrder: [Values.Digest] { blobOrder(payloads: nil) }

    /// Those that are there whether or not the bundle holds its payloads. The last is what `index.json` names.
    package var ownBlobs: [Values.Digest] { blobOrder(payloads: []) }

    private func blobOrder(payloads: [Values.Digest]?) -> [Values.Digest] {
        BundleLayout(description: description).blobOrder(
            payloads: payloads, publicManifest: publicManifest, publicPart: publicDigest,
            secretManifest: sealed == nil ? secretManifest : nil, secretPart: secretPart.digest,
            index: bundleDigest, sealed: sealed?.blobs ?? [])
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

/// Reads a bundle's documents. Each is accepted in its one spelling only: what decodes to the same value and has other bytes was
/// not written by Slipway.
private struct DocumentReader {
    let store: BlobStore

    func read<Document>(
        _ descriptor: Descriptor, _ name: String, limit: Int64,
        _ parse: ([UInt8]) throws(FormatError) -> Document
    ) throws -> Document {
        let bytes = try store.bytes(descriptor, name: name, limit: limit)
        do { return try parse(bytes) } catch {
            throw BundleError.document(file: store.file, name: name, error: error)
        }
    }

    /// The entries of the bundle's index, and of the index itself.
    struct Parts {
        let publicPart: Descriptor
        let secretPart: Descriptor
        let index: Descriptor
        let sealed: SealedForm?
    }

    /// Of a file whose secret part is sealed: its own index, the entry of the sealed manifest there, and the age file.
    struct SealedForm {
        let index: Descriptor
        let entry: Descriptor
        let file: Descriptor
    }

    func parts(_ admit: ([UInt8]) throws -> Void) throws -> Parts {
        let entries = store.index.manifests
        guard entries.count == 1, let entry = entries.first, entry.mediaType == MediaTypes.index else {
            throw BundleError.notABundle(file: store.file, reason: "index.json does not name exactly one image index")
        }
        let outer = try read(entry, "the bundle's index", limit: 1 << 20) { bytes throws(FormatError) in
            try Index(parsing: bytes)
        }
        let isSealed = outer.manifests.count == 2 && outer.manifests[1].annotations[AnnotationKeys.part] == "sealed"
        let form = isSealed ? try sealedForm(entry, outer.manifests[1]) : nil
        let own = form?.own ?? entry
        let name = "the bundle's index"
        try admit(store.bytes(own, name: name, limit: 1 << 20))
        let index = try read(own, name, limit: 1 << 20) { bytes throws(FormatError) in try Index(parsing: bytes) }
        let parts = index.manifests
        guard parts.count == 2, parts[0].annotations[AnnotationKeys.part] == "public",
            parts[1].annotations[AnnotationKeys.part] == "secret"
        else {
            throw BundleError.notABundle(file: store.file, reason: "its index does not name a public and a secret part")
        }
        return Parts(publicPart: parts[0], secretPart: parts[1], index: own, sealed: form?.form)
    }

    /// - Returns: with the descriptor of the bundle's own index.
    private func sealedForm(_ index: Descriptor, _ entry: Descriptor) throws -> (form: SealedForm, own: Descriptor) {
        let manifest = try read(entry, "the sealed manifest", limit: 64 << 10) { bytes throws(FormatError) in
            try Manifest(parsing: bytes)
        }
        guard manifest.artifactType == MediaTypes.sealedPart, manifest.layers.count == 2 else {
            throw BundleError.notABundle(
                file: store.file, reason: "its sealed manifest does not name a manifest and a sealed file")
        }
        return (SealedForm(index: index, entry: entry, file: manifest.layers[1]), manifest.config)
    }

    func compare(_ form: SealedForm, _ parts: Parts, _ layout: BundleLayout) throws {
        try compare(
            form.entry, "the sealed manifest",
            with: layout.sealedManifest(
                index: (parts.index.digest, parts.index.size),
                secretPart: (parts.secretPart.digest, parts.secretPart.size),
                sealed: (form.file.digest, form.file.size)
            ).json)
        try compare(
            form.index, "the sealed index",
            with: layout.sealedIndex(
                publicPart: (parts.publicPart.digest, parts.publicPart.size),
                sealedPart: (form.entry.digest, form.entry.size)
            ).encoded)
    }

    func secretManifest(_ entry: Descriptor, _ layout: BundleLayout) throws -> Manifest? {
        let name = "the secret manifest"
        guard store.place(of: entry.digest) != nil else { return nil }
        let manifest = try read(entry, name, limit: 32 << 20) { bytes throws(FormatError) in
            try Manifest(parsing: bytes)
        }
        let expected = layout.secretManifest(layers: manifest.layers.map { ($0.digest, $0.size) })
        try compare(entry, name, with: expected.json, because: secretDifference(manifest.layers, layout))
        return manifest
    }

    private func secretDifference(_ layers: [Descriptor], _ layout: BundleLayout) -> String? {
        let machines = layout.description.machines
        let expected = layout.secretManifest(layers: layers.map { ($0.digest, $0.size) }).layers
        guard layers.count == machines.count + 1 else {
            let known = Set(machines.map(\.name))
            let stranger = layers.lazy.compactMap { $0.annotations[AnnotationKeys.machine] }.first {
                !known.contains($0)
            }
            return stranger.map { "it has files for \(printable($0)), which the description does not know" }
                ?? "it has \(layers.count) layers, expected one for each of \(machines.count) machines and the operator's files"
        }
        return difference(layers, expected, "the secret manifest")
    }

    /// The first layer that is not as expected, as a sentence.
    func difference(_ found: [Descriptor], _ expected: [Descriptor], _ name: String) -> String? {
        func text(_ layer: Descriptor) -> String {
            "\(printable(layer.title ?? layer.mediaType)) (\(layer.digest), \(layer.size) bytes)"
        }
        for (place, (found, expected)) in zip(found, expected).enumerated() where found != expected {
            return "layer \(place) is \(text(found)), expected \(text(expected))"
        }
        if found.count > expected.count {
            return "layer \(expected.count), \(text(found[expected.count])), is in no table"
        }
        if found.count < expected.count { return "the layer \(text(expected[found.count])) is missing" }
        return nil
    }

    func compare(_ descriptor: Descriptor, _ name: String, with json: JSONValue, because reason: String? = nil) throws {
        try compare(
            descriptor, name, with: CanonicalJSON.encode(json, capacity: Int(descriptor.size) + 16), because: reason)
    }

    func compare(
        _ descriptor: Descriptor, _ name: String, with expected: [UInt8], because reason: String? = nil
    ) throws {
        guard Values.Digest(hashing: expected) != descriptor.digest || Int64(expected.count) != descriptor.size else {
            return
        }
        throw BundleError.disagreement(
            file: store.file,
            reason.map { "\(name): \($0)" }
                ?? "\(name) does not read as Slipway writes it: it says something twice, leaves something out or is spelt otherwise"
        )
    }
}

/// What two documents of a bundle both say must be the same: whoever reads one need not read the other.
enum DocumentAgreement {
    /// The first contradiction between description and launch definitions, as a sentence.
    static func firstDisagreement(_ description: BundleDescription, _ launch: LaunchPlan) -> String? {
        if launch.cluster != description.name {
            return "launch.json is of the cluster \"\(launch.cluster)\", the description of \"\(description.name)\""
        }
        if launch.architecture != description.architecture {
            return "launch.json is for \(launch.architecture), the description for \(description.architecture)"
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
