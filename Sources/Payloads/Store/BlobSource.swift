import BundleFormat
public import Values

/// Something that holds blobs by their digests.
public protocol BlobSource: Sendable {
    /// Nil when the blob is not there.
    func location(of digest: Digest) -> BlobLocation?
}
