public import SystemPackage

/// Copies ranges of files through a buffer that stays in the processor's cache; measured as fast as `cp`.
public enum FileCopy {
    /// Where errors say that a copy failed.
    public struct Names: Sendable {
        public let source: String
        public let target: String

        public init(source: String, target: String) {
            self.source = source
            self.target = target
        }
    }

    private static let pieceSize = 256 << 10

    /// Copies exactly `count` bytes; the positions of both descriptors stay as they are.
    public static func copy(
        from source: FileDescriptor, at sourceOffset: Int64, count: Int64, to target: FileDescriptor,
        at targetOffset: Int64,
        names: Names
    ) throws(ArchiveError) {
        var buffer = [UInt8](repeating: 0, count: Int(min(Int64(pieceSize), max(count, 1))))
        var done: Int64 = 0
        while done < count {
            let wanted = Int(min(count - done, Int64(buffer.count)))
            let got: Int
            do {
                got = try unsafe buffer.withUnsafeMutableBytes { bytes in
                    try unsafe source.read(
                        fromAbsoluteOffset: sourceOffset + done, into: .init(rebasing: bytes[..<wanted]))
                }
            } catch {
                throw .system(operation: "read", subject: names.source, error: error as? Errno ?? .ioError)
            }
            guard got > 0 else {
                throw .truncated(archive: names.source, detail: "it ends after \(done) of \(count) bytes")
            }
            do {
                try unsafe buffer.withUnsafeBytes { bytes in
                    _ = try unsafe target.writeAll(toAbsoluteOffset: targetOffset + done, bytes[..<got])
                }
            } catch {
                throw .system(operation: "write", subject: names.target, error: error as? Errno ?? .ioError)
            }
            done += Int64(got)
        }
    }
}
