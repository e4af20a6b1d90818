import Archive
package import BundleFormat
import Unbundling
import Values

/// A blob in a part of an export, or as much of it as the part has room for.
package struct Piece: Hashable, Sendable {
    package let entry: PackingList.Entry
    /// Where in the blob it begins, in bytes.
    package let offset: Int64
    /// Bytes.
    package let size: Int64

    package var isWhole: Bool { size == entry.size }

    package static func whole(_ entry: PackingList.Entry) -> Piece { Piece(entry: entry, offset: 0, size: entry.size) }
}

/// Where everything lies in the parts of an export. It follows from the packing list: a part whose number is known can be checked by itself.
package struct PartLayout: Sendable {
    package struct Part: Sendable {
        /// From 1.
        package let number: Int
        package fileprivate(set) var pieces: [Piece]
    }

    package let parts: [Part]

    package static let countLimit = 9999
    /// Kept free in every part, so that signing changes nothing of where things lie.
    static let signatureRoom: Int64 = 32 << 10
    /// A rest of a part that is smaller stays empty.
    private static let leastPiece: Int64 = 4096

    package init(_ list: PackingList) throws(CarryingError) {
        let frame = PartFrame(list)
        // Strictly below: FAT32 takes one byte less than 4 GiB.
        let limit = list.partSize.map { $0 - 1 } ?? .max / 4
        let fixed = frame.fixedSize
        let empty = frame.emptyManifestSize
        var parts: [Part] = []
        var part = Part(number: 1, pieces: [])
        var (used, manifest) = (fixed, empty)
        for entry in list.cargo {
            var (offset, isDone): (Int64, Bool) = (0, false)
            while !isDone {
                let rest = Piece(entry: entry, offset: offset, size: entry.size - offset)
                let description = frame.layerSize(rest)
                /// What a member in this part may hold, whose description takes some bytes of the manifest.
                func room(_ description: Int64) -> Int64 {
                    (limit - used - TarBlocks.member(manifest + description) - TarBlocks.size)
                        / TarBlocks.size * TarBlocks.size
                }
                var piece: Piece? = TarBlocks.padded(rest.size) <= room(description) ? rest : nil
                if piece == nil {
                    let cut = Piece(entry: entry, offset: entry.size, size: entry.size - 1)
                    let size = room(frame.layerSize(cut))
                    if size >= Self.leastPiece { piece = Piece(entry: entry, offset: offset, size: size) }
                }
                guard let piece else {
                    guard !part.pieces.isEmpty else {
                        throw .partTooSmall(
                            size: limit + 1, least: fixed + TarBlocks.member(empty) + 16 * Self.leastPiece)
                    }
                    parts.append(part)
                    guard parts.count < Self.countLimit else {
                        throw .tooManyParts(size: limit + 1, limit: Self.countLimit)
                    }
                    part = Part(number: parts.count + 1, pieces: [])
                    (used, manifest) = (fixed, empty)
                    continue
                }
                part.pieces.append(piece)
                used += TarBlocks.member(piece.size)
                manifest += frame.layerSize(piece)
                offset += piece.size
                isDone = offset == entry.size
            }
        }
        guard fixed + TarBlocks.member(empty) <= limit else {
            throw .partTooSmall(size: limit + 1, least: fixed + TarBlocks.member(empty) + 16 * Self.leastPiece)
        }
        if !part.pieces.isEmpty || parts.isEmpty { parts.append(part) }
        self.parts = parts
    }
}

/// What stands around the pieces of a part, which is an image layout like any other:
///
///     oci-layout
///     blobs/sha256/…   the packing list, the bundle's index, the signatures over it where there are any
///     blobs/sha256/…   the pieces
///     blobs/sha256/…   a manifest that names all of these
///     index.json       names the manifest
struct PartFrame: Sendable {
    let list: PackingList
    let listBytes: [UInt8]

    init(_ list: PackingList) {
        self.list = list
        listBytes = list.encoded
    }

    /// - Parameters:
    ///   - signatures: digest and size of their blob.
    ///   - digests: of the pieces.
    func manifest(
        number: Int, signatures: (digest: Digest, size: Int64)?, pieces: [Piece], digests: [Digest]
    ) -> Manifest {
        let config = Descriptor(
            mediaType: MediaTypes.packingList, digest: Digest(hashing: listBytes), size: Int64(listBytes.count))
        var layers = [
            Descriptor(mediaType: MediaTypes.index, digest: list.bundle, size: list.indexSize)
        ]
        if let signatures {
            layers.append(
                Descriptor(mediaType: MediaTypes.signatures, digest: signatures.digest, size: signatures.size))
        }
        return Manifest(
            artifactType: MediaTypes.exportPart, config: config,
            layers: layers + zip(pieces, digests).map { Self.layer($0, $1) },
            annotations: [AnnotationKeys.cluster: list.cluster, AnnotationKeys.exportPart: "\(number)"])
    }

    private static func layer(_ piece: Piece, _ digest: Digest) -> Descriptor {
        let annotations =
            piece.isWhole
            ? [:] : [AnnotationKeys.pieceOf: "\(piece.entry.digest)", AnnotationKeys.pieceOffset: "\(piece.offset)"]
        return Descriptor(mediaType: MediaTypes.piece, digest: digest, size: piece.size, annotations: annotations)
    }

    func topIndex(number: Int, manifest: [UInt8]) -> [UInt8] {
        Index(manifests: [
            Descriptor(
                mediaType: MediaTypes.manifest, digest: Digest(hashing: manifest), size: Int64(manifest.count),
                annotations: [AnnotationKeys.referenceName: "\(list.cluster)-part-\(number)"])
        ]).encoded
    }

    // MARK: Sizes

    /// The most that stands around the pieces and the manifest of any part.
    var fixedSize: Int64 {
        let marker = Int64(CanonicalJSON.encode(ImageLayout.marker).count)
        // Ten digits of a size at most, 32 MiB being eight.
        let index = Int64(topIndex(number: PartLayout.countLimit, manifest: []).count) + 10
        let members = [marker, Int64(listBytes.count), list.indexSize, PartLayout.signatureRoom, index]
        return members.reduce(TarBlocks.endSize) { $0 + TarBlocks.member($1) }
    }

    /// The most bytes of a manifest without pieces.
    var emptyManifestSize: Int64 {
        let manifest = manifest(
            number: PartLayout.countLimit, signatures: (.none, PartLayout.signatureRoom), pieces: [], digests: [])
        return Int64(CanonicalJSON.encode(manifest.json).count)
    }

    /// Bytes that a piece takes in the manifest.
    func layerSize(_ piece: Piece) -> Int64 {
        Int64(CanonicalJSON.encode(Self.layer(piece, .none).json, capacity: 512).count) + 1
    }
}

extension PackingList {
    /// What a bundle's file holds, and what its payloads are.
    ///
    /// - Parameters:
    ///   - size: bytes of a payload's blob; nil when nobody knows.
    ///   - isCarried: whether the export is to hold a blob; not asked for the index.
    /// - Throws: ``CarryingError/blobTooLarge(name:size:)``, ``BundleError`` when one of the bundle's own blobs is missing.
    init(
        _ bundle: Unbundling.Bundle, since: Digest?, partSize: Int64?, size: (BundleDescription.PayloadBlob) -> Int64?,
        isCarried: (Digest) -> Bool
    ) throws {
        let own = bundle.ownBlobs
        let blobs = try own.map { digest in
            guard let place = bundle.blob(digest) else {
                throw BundleError.missingBlob(file: bundle.file, name: digest.blobPath, digest: digest)
            }
            return Entry(
                digest: digest, size: place.size, isCarried: digest == bundle.bundleDigest || isCarried(digest))
        }
        let known = Set(own)
        let payloads = bundle.description.payloadBlobs.filter { !known.contains($0.digest) }.map { blob in
            Entry(
                digest: blob.digest, size: size(blob) ?? 0, isCarried: isCarried(blob.digest), payload: blob.payload)
        }
        for entry in blobs + payloads where entry.size > Self.blobLimit {
            throw CarryingError.blobTooLarge(name: entry.name, size: entry.size)
        }
        self.init(
            cluster: bundle.description.name, epoch: bundle.description.epoch, bundle: bundle.bundleDigest,
            since: since, partSize: partSize, blobs: blobs, payloads: payloads)
    }
}

extension PackingList.Entry {
    /// For people.
    package var name: String { payload.map { "\($0) (\(digest))" } ?? "\(digest)" }
}
