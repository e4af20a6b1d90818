import Archive
public import BundleFormat
public import Signing
public import SystemPackage
import Unbundling
public import Values

/// A file that was carried: a bundle, with or without payloads, or a part of an export. It comes from outside and is judged when it is opened:
/// what is in it, where, and that nothing else is. The pieces' own bytes are hashed when they are used.
public final class CarriedFile: Sendable {
    /// A piece that the file holds.
    struct Held: Sendable {
        let piece: Piece
        let place: BlobPlace
        /// What its bytes must have.
        let digest: Values.Digest
    }

    /// The file as it was named.
    public let file: String
    public let list: PackingList
    /// Tells exports apart: the packing list's digest.
    public let export: Values.Digest
    /// From 1.
    public let number: Int
    /// How many parts the export has.
    public let count: Int
    public let signatures: [BundleSignature]
    let layout: PartLayout
    let held: [Held]
    /// The bytes of the bundle's index.
    let index: [UInt8]
    private let store: BlobStore

    /// Bytes of what it holds.
    public var size: Int64 { held.reduce(0) { $0 + $1.piece.size } }

    /// Opens a file.
    ///
    /// - Parameter admit: is given the bytes of the bundle's index and the signatures over it, before anything else that they speak for
    ///   is read; throws when the bundle is not to be used.
    /// - Throws: ``CarryingError``, ``BundleError``, ``ArchiveError``, `Errno` when it cannot be opened, or what `admit` throws.
    public static func open(
        _ path: FilePath, admit: (_ index: [UInt8], _ signatures: [BundleSignature]) throws -> Void = { _, _ in }
    ) throws -> CarriedFile {
        let store = try BlobStore.open(path)
        let entries = store.index.manifests
        guard entries.count == 1, let entry = entries.first else {
            throw CarryingError.notCarried(file: path.string, reason: "its index.json names \(entries.count) things")
        }
        switch entry.mediaType {
        case MediaTypes.index: return try CarriedFile(bundle: path, admit)
        case MediaTypes.manifest: return try CarriedFile(part: store, entry, admit)
        default:
            throw CarryingError.notCarried(
                file: path.string, reason: "its index.json names something of the type \(entry.mediaType)")
        }
    }

    private init(bundle path: FilePath, _ admit: ([UInt8], [BundleSignature]) throws -> Void) throws {
        var signatures: [BundleSignature] = []
        let bundle = try Unbundling.Bundle.open(path) { index in
            signatures = try SignatureFile(beside: path).read()
            try admit(index, signatures)
        }
        try Self.audit(bundle.store, bundle.description.epoch)
        let own = Set(bundle.ownBlobs)
        list = try PackingList(
            bundle, since: nil, partSize: nil, size: { bundle.blob($0.digest)?.size ?? $0.size },
            isCarried: { own.contains($0) || bundle.blob($0) != nil })
        layout = try PartLayout(list)
        held = list.cargo.compactMap { entry in
            bundle.blob(entry.digest).map { Held(piece: .whole(entry), place: $0, digest: entry.digest) }
        }
        (file, store, index) = (path.string, bundle.store, bundle.index)
        (number, count, self.signatures) = (1, 1, signatures)
        export = Values.Digest(hashing: list.encoded)
    }

    private init(
        part store: BlobStore, _ entry: Descriptor, _ admit: ([UInt8], [BundleSignature]) throws -> Void
    ) throws {
        let documents = PartDocuments(store: store)
        let manifest = try documents.read(entry, "its manifest", limit: 32 << 20) { bytes throws(FormatError) in
            try Manifest(parsing: bytes)
        }
        guard manifest.artifactType == MediaTypes.exportPart, let first = manifest.layers.first,
            first.mediaType == MediaTypes.index,
            let number = manifest.annotations[AnnotationKeys.exportPart].flatMap({ Int($0) })
        else { throw CarryingError.notCarried(file: store.file, reason: "its manifest is not that of a part") }
        let index = try store.bytes(first, name: "the bundle's index", limit: 1 << 20)
        let signed = manifest.layers.dropFirst().first.flatMap { $0.mediaType == MediaTypes.signatures ? $0 : nil }
        let signatures = try documents.signatures(signed)
        try admit(index, signatures)

        let list = try documents.read(manifest.config, "its packing list", limit: 32 << 20) {
            bytes throws(FormatError) in try PackingList(parsing: bytes)
        }
        guard list.encoded == (try store.bytes(manifest.config, name: "its packing list", limit: 32 << 20)),
            list.bundle == first.digest, list.indexSize == first.size
        else { throw documents.disagreement("its packing list is of another bundle, or not as Slipway writes it") }
        let layout = try PartLayout(list)
        guard (1...layout.parts.count).contains(number) else {
            throw documents.disagreement("it is part \(number) of \(layout.parts.count)")
        }
        let pieces = layout.parts[number - 1].pieces
        let described = manifest.layers.dropFirst(signed == nil ? 1 : 2)
        guard described.count == pieces.count else {
            throw documents.disagreement("it names \(described.count) pieces, its packing list \(pieces.count)")
        }
        // Of a piece that is a whole blob the digest is known; of others it is the one thing that is free.
        let digests = zip(pieces, described).map { $0.isWhole ? $0.entry.digest : $1.digest }
        let frame = PartFrame(list)
        let expected = CanonicalJSON.encode(
            frame.manifest(
                number: number, signatures: signed.map { ($0.digest, $0.size) }, pieces: pieces, digests: digests
            )
            .json)
        guard Values.Digest(hashing: expected) == entry.digest,
            frame.topIndex(number: number, manifest: expected) == store.indexBytes,
            store.marker == CanonicalJSON.encode(ImageLayout.marker)
        else { throw documents.disagreement("its manifest is not that of part \(number) of its packing list") }
        let order =
            [manifest.config.digest, first.digest] + (signed.map { [$0.digest] } ?? []) + digests + [entry.digest]
        try documents.check(order)
        try Self.audit(store, list.epoch)
        held = try zip(pieces, digests).map { piece, digest in
            guard let place = store.place(of: digest), place.size == piece.size else {
                throw documents.disagreement(
                    "a piece of \(piece.entry.name) has another size than its packing list says")
            }
            return Held(piece: piece, place: place, digest: digest)
        }
        (self.list, self.layout, self.number, self.index) = (list, layout, number, index)
        (file, self.store, count, self.signatures) = (store.file, store, layout.parts.count, signatures)
        export = manifest.config.digest
    }

    /// Every header and every padding of the tar, up to the last byte, is what the writer makes.
    private static func audit(_ store: BlobStore, _ epoch: Timestamp) throws {
        guard let failure = try TarAudit(store, epoch: epoch).failures().first else { return }
        let subject = failure.subject == store.file ? "" : "\(failure.subject): "
        throw CarryingError.disagreement(file: store.file, subject + failure.message)
    }
}

/// Reads the documents of a part.
private struct PartDocuments {
    let store: BlobStore

    func read<Document>(
        _ descriptor: Descriptor, _ name: String, limit: Int64, _ parse: ([UInt8]) throws(FormatError) -> Document
    ) throws -> Document {
        let bytes = try store.bytes(descriptor, name: name, limit: limit)
        do { return try parse(bytes) } catch {
            throw CarryingError.document(file: store.file, name: name, error)
        }
    }

    func signatures(_ descriptor: Descriptor?) throws -> [BundleSignature] {
        guard let descriptor else { return [] }
        let bytes = try store.bytes(descriptor, name: "its signatures", limit: PartLayout.signatureRoom)
        guard let text = String(validating: bytes, as: UTF8.self), let signatures = BundleSignature.all(in: text),
            (1...SignatureFile.countLimit).contains(signatures.count),
            Array(signatures.map(\.armoured).joined().utf8) == bytes
        else { throw SigningError.notSignatures(path: store.file) }
        return signatures
    }

    /// The blobs stand in this order, and there are no others.
    func check(_ order: [Values.Digest]) throws(CarryingError) {
        let kinds = [.marker] + order.map(BlobStore.Kind.blob) + [.index]
        guard store.members.map(\.kind) == kinds else {
            throw disagreement("it holds something else than its manifest names, or in another order")
        }
    }

    func disagreement(_ what: String) -> CarryingError { .disagreement(file: store.file, what) }
}
