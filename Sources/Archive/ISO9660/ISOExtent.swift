/// Where a content that is not empty lies in an image.
public struct ISOExtent: Hashable, Sendable {
    /// The number of the file in the caller's list.
    public let content: Int
    /// Bytes from the image's start, a multiple of 2048.
    public let offset: Int64
    /// Bytes.
    public let size: Int64
}
