import Archive
public import BundleFormat
import HostSystem
public import Sealing
public import SystemPackage
public import Values

/// What a bundle whose secret part is sealed tells without a key: everything but contents.
public struct SealedPart: Sendable {
    /// Of the index that the file has in place of the bundle's own. It differs each time that a bundle is sealed.
    public let digest: Values.Digest
    /// The bundle's secret manifest, whose layers are sealed.
    public let manifest: Manifest
    /// Of the manifest that stands for the secret part.
    let part: Values.Digest
    /// The age file.
    public let file: Descriptor

    /// What stands behind the bundle's own index.
    var blobs: [Values.Digest] { [file.digest, part, digest] }

    /// The layers in the order in which they are sealed, each once.
    static func layers(of manifest: Manifest) -> [Descriptor] {
        var seen: Set<Values.Digest> = []
        return manifest.layers.filter { seen.insert($0.digest).inserted }
    }
}

/// The blobs inside the sealed file, decrypted in memory when they are read.
final class UnsealedBlobs: Sendable {
    private let file: String
    private let reader: AgeReader
    private let layers: [Descriptor]
    private let places: [Values.Digest: Int64]
    private let blocks: TarBlocks

    init(
        _ part: SealedPart, in store: BlobStore, _ identities: [Identity], _ description: BundleDescription
    ) throws {
        guard let place = store.place(of: part.file.digest) else {
            throw BundleError.missingBlob(file: store.file, name: "the sealed file", digest: part.file.digest)
        }
        file = store.file
        do {
            reader = try AgeReader(size: place.size, with: identities) { offset, count in
                try store.read(at: place.offset + offset, count: count)
            }
        } catch let error as SealingError { throw BundleError.unopened(file: store.file, error) }
        blocks = try TarBlocks(epoch: description.epoch.secondsSince1970)
        layers = SealedPart.layers(of: part.manifest)
        var (places, end): ([Values.Digest: Int64], Int64) = ([:], 0)
        for layer in layers {
            places[layer.digest] = end + TarBlocks.size
            // A size that cannot be is told below, and must not overflow here.
            end += TarBlocks.size + TarBlocks.padded(min(layer.size, 1 << 32))
        }
        self.places = places
        guard reader.size == end + TarBlocks.endSize else {
            throw BundleError.disagreement(
                file: file, "\(reader.size) bytes are sealed in it, its manifest says \(end + TarBlocks.endSize)")
        }
    }

    /// The whole blob, checked; nil when it is not among the sealed ones.
    func bytes(_ layer: Descriptor, name: String, limit: Int64) throws -> [UInt8]? {
        guard let place = places[layer.digest] else { return nil }
        guard layer.size <= limit else {
            throw ArchiveError.limitExceeded(archive: file, what: "the size of \(name)", limit: limit)
        }
        let bytes = try opened(at: place, count: Int(layer.size))
        let found = Values.Digest(hashing: bytes)
        guard found == layer.digest else {
            throw BundleError.wrongDigest(file: file, name: name, expected: layer.digest, found: found)
        }
        return bytes
    }

    /// Whether all that is sealed around the blobs is as Slipway writes it.
    func checkFrame() throws {
        var end: Int64 = 0
        for layer in layers {
            let header = blocks.header(layer.digest.blobPath, size: layer.size)
            let padding = TarBlocks.padding(after: layer.size)
            guard try opened(at: end, count: header.count) == header,
                try opened(at: end + TarBlocks.size + layer.size, count: padding.count) == padding
            else { throw notOurs }
            end += TarBlocks.size + TarBlocks.padded(layer.size)
        }
        guard try opened(at: end, count: Int(TarBlocks.endSize)).allSatisfy({ $0 == 0 }) else { throw notOurs }
    }

    private var notOurs: BundleError {
        .disagreement(file: file, "the tar that is sealed in it is not as Slipway writes it")
    }

    private func opened(at offset: Int64, count: Int) throws -> [UInt8] {
        do { return try reader.bytes(at: offset, count: count) } catch let error as SealingError {
            throw BundleError.unopened(file: file, error)
        }
    }
}

/// Makes a bundle whose secret part only some can read, and the bundle again from that.
///
/// Sealing is the one step that is not reproducible: who seals the same bundle twice has two files. Both name the bundle's own index, and so
/// have its digests and the signatures over it.
public enum BundleSealer {
    /// Seals a bundle that has been verified.
    ///
    /// - Parameter path: what is written; nothing may stand there.
    /// - Returns: the digest of the layout's index, which differs each time.
    /// - Throws: ``BundleError``, ``SealingError``, ``ArchiveError``.
    public static func seal(
        _ bundle: Bundle, for recipients: Recipients, to path: FilePath
    ) throws -> Values.Digest {
        guard bundle.sealed == nil else { throw BundleError.sealedAlready(file: bundle.file) }
        guard let manifest = bundle.secretManifest else { throw BundleError.noSecretPart(file: bundle.file) }
        let layout = BundleLayout(description: bundle.description)
        // Nobody but those whom it was sealed for can read what was secret: anyone may copy the rest.
        let file = try AtomicFile.create(in: path.removingLastComponent(), permissions: 0o644)
        var writer = try BundleTarWriter.create(file.descriptor, name: path.string, epoch: layout.epoch)
        let own = BundleLayout.Part(bundle.bundleDigest, try bundle.size(of: bundle.bundleDigest))
        let secretPart = BundleLayout.Part(bundle.secretPart.digest, bundle.secretPart.size)
        let order = layout.blobOrder(
            publicManifest: bundle.publicManifest, publicPart: bundle.publicDigest, secretManifest: nil,
            secretPart: secretPart.digest, index: own.digest)
        // Without the sealed blobs themselves the order ends with the bundle's index, before which its secret manifest belongs.
        for digest in order.dropLast() + [secretPart.digest, own.digest] { try bundle.copy(digest, to: &writer) }
        let sealed = try writer.append { write in
            let sealing = try AgeWriter(for: recipients, write: write)
            let blocks = try TarBlocks(epoch: layout.epoch)
            for layer in SealedPart.layers(of: manifest) {
                var bytes = try bundle.secretBytes(layer, name: layer.title ?? "a secret layer", limit: layer.size)
                try sealing.append(blocks.header(layer.digest.blobPath, size: layer.size))
                try sealing.append(bytes)
                try sealing.append(TarBlocks.padding(after: layer.size))
                SecretBytes.erase(&bytes)
            }
            try sealing.append([UInt8](repeating: 0, count: Int(TarBlocks.endSize)))
            try sealing.finish()
        }
        let part = CanonicalJSON.encode(
            layout.sealedManifest(index: own, secretPart: secretPart, sealed: sealed).json)
        let partDigest = Values.Digest(hashing: part)
        try writer.append(partDigest, part)
        let publicPart = BundleLayout.Part(bundle.publicDigest, try bundle.size(of: bundle.publicDigest))
        let index = layout.sealedIndex(publicPart: publicPart, sealedPart: (partDigest, Int64(part.count))).encoded
        let digest = Values.Digest(hashing: index)
        try writer.append(digest, index)
        try writer.finish(layout.topIndex(of: (digest, Int64(index.count))))
        try file.commit(as: path.lastComponent?.string ?? "", replacing: false)
        return digest
    }

    /// Writes the bundle that was sealed, bit for bit.
    ///
    /// - Parameters:
    ///   - bundle: opened with its key.
    ///   - path: what is written; nothing may stand there.
    public static func open(_ bundle: Bundle, to path: FilePath) throws {
        guard bundle.sealed != nil else { throw BundleError.notSealed(file: bundle.file) }
        guard let manifest = bundle.secretManifest else { throw BundleError.sealed(file: bundle.file) }
        let layout = BundleLayout(description: bundle.description)
        let file = try AtomicFile.create(in: path.removingLastComponent(), permissions: 0o600)
        var writer = try BundleTarWriter.create(file.descriptor, name: path.string, epoch: layout.epoch)
        let secrets = Dictionary(manifest.layers.map { ($0.digest, $0) }) { first, _ in first }
        let order = layout.blobOrder(
            publicManifest: bundle.publicManifest, publicPart: bundle.publicDigest, secretManifest: manifest,
            secretPart: bundle.secretPart.digest, index: bundle.bundleDigest)
        for digest in order {
            if let layer = secrets[digest] {
                var bytes = try bundle.secretBytes(layer, name: layer.title ?? "a secret layer", limit: layer.size)
                try writer.append(digest, bytes)
                SecretBytes.erase(&bytes)
            } else if digest == BundleLayout.emptyConfig.digest, bundle.blob(digest) == nil {
                try writer.append(digest, BundleLayout.emptyConfigBytes)
            } else {
                try bundle.copy(digest, to: &writer)
            }
        }
        try writer.finish(layout.topIndex(of: (bundle.bundleDigest, try bundle.size(of: bundle.bundleDigest))))
        try file.commit(as: path.lastComponent?.string ?? "", replacing: false)
    }
}

extension BundleLayout {
    /// The time that every member of the tar has.
    fileprivate var epoch: Int64 { description.epoch.secondsSince1970 }
}

extension Bundle {
    fileprivate func size(of digest: Values.Digest) throws(BundleError) -> Int64 {
        guard let place = blob(digest) else { throw .missingBlob(file: file, name: "a document", digest: digest) }
        return place.size
    }

    /// Payloads may be absent; that nothing else is has been verified.
    fileprivate func copy(_ digest: Values.Digest, to writer: inout BundleTarWriter) throws(ArchiveError) {
        guard let place = blob(digest) else { return }
        try writer.append(digest, copying: place.descriptor, at: place.offset, size: place.size, from: file)
    }
}
