import Archive
import BundleFormat
import HostSystem
import Registry
import Synchronization
public import Unbundling
public import Values

/// Sends a bundle to a registry: blobs that it lacks, then the two manifests, then the index under its tag. Whoever asks meanwhile gets what
/// was there before, or all of it.
///
/// Signatures and payloads are in manifests of their own whose subject is the index: nothing in the bundle changes by them, and clients
/// that know of neither copy the rest.
public struct BundlePush: Sendable {
    private let bundle: Bundle
    private let reference: BundleReference
    private let pusher: RegistryPusher

    /// Blobs that are sent at a time.
    private static let width = 6

    /// What was done.
    public struct Summary: Hashable, Sendable {
        /// Of the index, as the registry has it.
        public let digest: Values.Digest
        public fileprivate(set) var sentBlobs = 0
        public fileprivate(set) var sentBytes: Int64 = 0
        /// Blobs that were there.
        public fileprivate(set) var presentBlobs = 0
        public fileprivate(set) var payloads = 0
    }

    /// - Parameters:
    ///   - bundle: verified.
    ///   - environment: see `RegistryClient`.
    public init(
        _ bundle: Bundle, to reference: BundleReference, environment: [String: String]
    ) throws(PublishingError) {
        guard reference.tag != nil, reference.image.digest == nil else {
            throw .badReference("\(reference)", reason: "what is pushed needs a tag, and its digest is its own")
        }
        (self.bundle, self.reference) = (bundle, reference)
        do throws(RegistryError) { pusher = try RegistryPusher(to: reference.image, environment: environment) } catch {
            throw .registry(error)
        }
    }

    /// - Parameters:
    ///   - signatures: the text of the file beside the bundle; nil when there is none.
    ///   - withPayloads: whether payloads that are in the bundle are sent too.
    public func run(signatures: [UInt8]?, withPayloads: Bool) throws -> Summary {
        let payloads = bundle.payloadBlobs
        let apart = Set(bundle.layoutManifests + [bundle.layoutIndex])
        var blobs = bundle.blobs.filter { !apart.contains($0.digest) && !payloads.contains($0.digest) }
        let brought = withPayloads ? bundle.blobs.filter { payloads.contains($0.digest) } : []
        blobs += brought
        var summary = Summary(digest: bundle.layoutIndex)
        summary.payloads = brought.count
        var extra: [[UInt8]] = []
        if signatures != nil || !brought.isEmpty { extra.append(BundleLayout.emptyConfigBytes) }
        if let signatures { extra.append(signatures) }
        try send(blobs, extra, &summary)
        for digest in bundle.layoutManifests { try push(digest, MediaTypes.manifest, tag: nil) }
        let index = try push(bundle.layoutIndex, MediaTypes.index, tag: reference.tag)
        if !brought.isEmpty {
            let names = Dictionary(
                bundle.description.payloadBlobs.map { ($0.digest, $0.payload) }
            ) { first, _ in first }
            let layers = brought.map { blob in
                Descriptor(
                    mediaType: MediaTypes.payloads, digest: blob.digest, size: blob.place.size,
                    annotations: names[blob.digest].map { [AnnotationKeys.title: $0] } ?? [:])
            }
            try push(referrer: MediaTypes.payloads, layers, of: index)
        }
        if let signatures {
            let layer = Descriptor(
                mediaType: MediaTypes.signatures, digest: Values.Digest(hashing: signatures),
                size: Int64(signatures.count), annotations: [AnnotationKeys.title: "\(bundle.description.name).tar.sig"]
            )
            try push(referrer: MediaTypes.signatures, [layer], of: index)
        }
        return summary
    }

    private func send(
        _ blobs: [(digest: Values.Digest, place: BlobPlace)], _ extra: [[UInt8]], _ summary: inout Summary
    ) throws(PublishingError) {
        let bundle = bundle
        var all = blobs.map { blob in
            RegistryPusher.Blob(digest: blob.digest, size: blob.place.size) { offset, count in
                try bundle.bytes(of: blob.place, at: offset, count: count)
            }
        }
        all += extra.map { bytes in
            RegistryPusher.Blob(digest: Values.Digest(hashing: bytes), size: Int64(bytes.count)) { offset, count in
                Array(bytes[Int(offset)..<(Int(offset) + count)])
            }
        }
        // One that occurs twice would be sent twice at the same time.
        var seen: Set<Values.Digest> = []
        let once = all.filter { seen.insert($0.digest).inserted }
        let count = Counted(summary)
        let pusher = pusher
        try Parallel.forEach(once.count, width: Self.width) { (index) throws(PublishingError) in
            let wasSent: Bool
            do throws(RegistryError) { wasSent = try pusher.push(once[index]) } catch { throw .registry(error) }
            count.summary.withLock { summary in
                if wasSent {
                    summary.sentBlobs += 1
                    summary.sentBytes += once[index].size
                } else {
                    summary.presentBlobs += 1
                }
            }
        }
        summary = count.summary.withLock { $0 }
    }

    private final class Counted: Sendable {
        let summary: Mutex<Summary>

        init(_ summary: Summary) { self.summary = Mutex(summary) }
    }

    /// - Returns: what names it.
    @discardableResult
    private func push(_ digest: Values.Digest, _ type: String, tag: String?) throws -> Descriptor {
        guard let place = bundle.blob(digest) else {
            throw PublishingError.incomplete(file: bundle.file)
        }
        let bytes = try bundle.bytes(of: place, at: 0, count: Int(place.size))
        try pusher.push(manifest: bytes, type: type, tag: tag)
        return Descriptor(mediaType: type, digest: digest, size: place.size)
    }

    private func push(referrer type: String, _ layers: [Descriptor], of subject: Descriptor) throws(RegistryError) {
        try pusher.push(
            referrer: Manifest(
                artifactType: type, config: BundleLayout.emptyConfig, layers: layers, subject: subject))
    }
}
