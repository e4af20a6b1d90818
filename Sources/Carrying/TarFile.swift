import HostSystem
import SystemPackage
import Unbundling
import Values

/// A tar that is made beside its name, as `NAME.new`, and moved there complete. Where each member stands is the caller's to say, so that
/// several threads can write at once.
///
/// Unlike ``AtomicFile`` it needs neither modes nor links, which FAT has not, and what a killed process leaves behind has a name: the next
/// one takes it away.
struct TarFile: ~Copyable {
    let path: String
    let blocks: TarBlocks
    private let file: OwnedDescriptor
    /// Where the next member begins.
    private var offset: Int64 = 0
    private var isPending = true

    private init(path: String, blocks: TarBlocks, file: consuming OwnedDescriptor) {
        self.path = path
        self.blocks = blocks
        self.file = file
    }

    deinit { if isPending { try? SystemCalls.unlink(temporaryPath) } }

    /// Begins the file, mode 0600 where there are modes.
    ///
    /// - Parameter modified: the time of every member, seconds since 1970.
    static func create(_ path: String, modified: Int64) throws -> TarFile {
        let blocks = try TarBlocks(epoch: modified)
        try Files.remove(path + ".new")
        return TarFile(
            path: path, blocks: blocks, file: OwnedDescriptor(owning: try Files.createFile(path + ".new")))
    }

    var descriptor: FileDescriptor { file.descriptor }
    /// Where it is until it is committed.
    var temporaryPath: String { path + ".new" }

    /// Writes a member that is held in memory.
    mutating func append(_ name: String, _ bytes: [UInt8]) throws(CarryingError) {
        let size = Int64(bytes.count)
        try write(blocks.header(name, size: size) + bytes + TarBlocks.padding(after: size), at: offset)
        offset += TarBlocks.member(size)
    }

    /// Keeps room for a member with a content of `size` bytes.
    ///
    /// - Returns: where it begins.
    mutating func reserve(_ size: Int64) -> Int64 {
        defer { offset += TarBlocks.member(size) }
        return offset
    }

    /// Writes the end mark.
    mutating func end() throws(CarryingError) {
        try write([UInt8](repeating: 0, count: Int(TarBlocks.endSize)), at: offset)
    }

    /// Waits for the disk, and gives the file its name.
    consuming func commit() throws(CarryingError) {
        do throws(Errno) { try SystemCalls.synchronise(descriptor) } catch {
            throw .system(SystemError("write", path, error))
        }
        try Files.rename(temporaryPath, to: path)
        isPending = false
        let directory = FilePath(path).removingLastComponent()
        let opened = OwnedDescriptor(owning: try Files.openForReading(directory.isEmpty ? "." : directory.string))
        // Not every file system can do this with a directory; the file itself is on the disk.
        try? SystemCalls.synchronise(opened.descriptor)
    }

    private func write(_ bytes: [UInt8], at offset: Int64) throws(CarryingError) {
        try RangeCopy.write(bytes, to: descriptor, at: offset, named: path)
    }
}

/// Copies a range of a file, giving every piece to a hasher on the way.
enum RangeCopy {
    /// What could not be read, which is the medium's fault, while what cannot be written is this computer's.
    struct Unreadable: Error {
        let reason: String
    }

    private static let pieceSize = 512 << 10
    /// After how many bytes the disk is told to begin: it works while the next ones are hashed.
    private static let writeAhead: Int64 = 8 << 20

    static func write(
        _ bytes: [UInt8], to target: FileDescriptor, at offset: Int64, named path: String
    ) throws(CarryingError) {
        do { _ = try unsafe bytes.withUnsafeBytes { try unsafe target.writeAll(toAbsoluteOffset: offset, $0) } } catch {
            throw .system(SystemError("write", path, error as? Errno ?? .ioError))
        }
    }

    static func copy(
        from source: FileDescriptor, at sourceOffset: Int64, count: Int64, to target: FileDescriptor,
        at targetOffset: Int64, named path: String, _ hash: (Span<UInt8>) -> Void
    ) throws {
        var buffer = [UInt8](repeating: 0, count: Int(min(Int64(pieceSize), max(count, 1))))
        var (done, begun): (Int64, Int64) = (0, 0)
        while done < count {
            let wanted = Int(min(count - done, Int64(buffer.count)))
            let got: Int
            do {
                got = try unsafe buffer.withUnsafeMutableBytes { bytes in
                    try unsafe source.read(
                        fromAbsoluteOffset: sourceOffset + done, into: .init(rebasing: bytes[..<wanted]))
                }
            } catch { throw Unreadable(reason: "\(error)") }
            guard got > 0 else { throw Unreadable(reason: "it ends too early") }
            hash(buffer.span.extracting(first: got))
            do {
                _ = try unsafe buffer.withUnsafeBytes { bytes in
                    try unsafe target.writeAll(toAbsoluteOffset: targetOffset + done, bytes[..<got])
                }
            } catch { throw CarryingError.system(SystemError("write", path, error as? Errno ?? .ioError)) }
            done += Int64(got)
            if done - begun >= writeAhead {
                SystemCalls.beginWriting(target, at: targetOffset + begun, count: done - begun)
                begun = done
            }
        }
    }
}
