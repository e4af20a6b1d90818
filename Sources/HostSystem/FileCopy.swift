public import SystemPackage

/// Copies ranges of files through a buffer that stays in the processor's cache; measured as fast as `cp`.
public enum FileCopy<Failure: SystemFailure> {
    private static var pieceSize: Int { 256 << 10 }

    /// Copies exactly `count` bytes; the positions of both descriptors stay as they are.
    public static func copy(
        from source: FileDescriptor, at sourceOffset: Int64, count: Int64, to target: FileDescriptor,
        at targetOffset: Int64,
        names: FileNames
    ) throws(Failure) {
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
                throw Failure(SystemError("read", names.source, error))
            }
            guard got > 0 else {
                throw Failure(
                    SystemError(
                        "read", names.source, .ioError, detail: "it ends after \(done) of \(count) bytes"))
            }
            do {
                try unsafe buffer.withUnsafeBytes { bytes in
                    _ = try unsafe target.writeAll(toAbsoluteOffset: targetOffset + done, bytes[..<got])
                }
            } catch {
                throw Failure(SystemError("write", names.target, error))
            }
            done += Int64(got)
        }
    }

    /// Copies a file so that both share their blocks until one of them is written to, where the file system can; else byte by
    /// byte. The copy is made beside its target and moved there.
    public static func clone(_ source: String, to target: String) throws(Failure) {
        let beside = target + ".new"
        try Files<Failure>.remove(beside)
        if !SystemCalls.clone(source, as: beside) { try copy(source, to: beside) }
        try Files<Failure>.rename(beside, to: target)
    }

    /// Copies a regular file with its permissions to a name that nothing stands at.
    public static func copy(_ source: String, to target: String) throws(Failure) {
        let from = OwnedDescriptor(owning: try Files<Failure>.openForReading(source))
        let to = OwnedDescriptor(owning: try Files<Failure>.createFile(target))
        let status: SystemCalls.Status
        do throws(Errno) { status = try SystemCalls.status(of: from.descriptor) } catch {
            throw Failure(SystemError("copy", source, error))
        }
        if !SystemCalls.shareBlocks(of: from.descriptor, with: to.descriptor) {
            try copy(
                from: from.descriptor, at: 0, count: status.size, to: to.descriptor, at: 0,
                names: FileNames(source: source, target: target))
        }
        do throws(Errno) { try SystemCalls.setPermissions(to.descriptor, bits: status.bits & 0o777) } catch {
            throw Failure(SystemError("copy", source, error))
        }
    }
}

/// Where errors say that a copy failed.
public struct FileNames: Sendable {
    public let source: String
    public let target: String

    public init(source: String, target: String) {
        self.source = source
        self.target = target
    }
}
