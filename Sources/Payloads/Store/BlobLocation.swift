public import SystemPackage

/// Where the bytes of a blob lie.
public struct BlobLocation: Hashable, Sendable {
    public let file: FilePath
    /// Bytes from the file's start.
    public let offset: Int64
    /// Bytes.
    public let size: Int64

    var range: Range<Int64> { offset..<(offset + size) }

    public init(file: FilePath, offset: Int64 = 0, size: Int64) {
        self.file = file
        self.offset = offset
        self.size = size
    }
}
