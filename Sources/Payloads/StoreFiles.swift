import HostSystem
import SystemPackage

/// Files by their paths, as the store needs them.
enum StoreFiles {
    static func openForReading(_ path: FilePath) throws(PayloadError) -> FileDescriptor {
        try Files.openForReading(path.string)
    }

    /// Opens a file that the user or the lock file names.
    static func openNamed(_ path: FilePath) throws(PayloadError) -> FileDescriptor {
        do { return try FileDescriptor.open(path, .readOnly, options: .closeOnExec) } catch {
            throw .unreadable(path: path.string, error: error as? Errno ?? .ioError)
        }
    }

    /// Opens or makes a file that this process alone works on; waits for another process that has it.
    ///
    /// The lock goes with the process however it ends.
    static func openLocked(_ path: FilePath) throws(PayloadError) -> FileDescriptor {
        while true {
            let file: FileDescriptor
            do {
                file = try FileDescriptor.open(
                    path, .readWrite, options: [.create, .closeOnExec, .noFollow], permissions: [.ownerReadWrite])
            } catch {
                throw .system(operation: "write", path: path.string, error: error as? Errno ?? .ioError)
            }
            do throws(PayloadError) {
                _ = try call("lock", path) { () throws(Errno) in try SystemCalls.lock(file, wait: true) }
                // The one before may have moved the file to its final name: then this one is not at the path any more.
                if try isSame(file, path) { return file }
                try? file.close()
            } catch {
                try? file.close()
                throw error
            }
        }
    }

    /// Whether no process works on a file with ``openLocked(_:)``.
    static func isUnlocked(_ path: FilePath) -> Bool {
        guard let file = try? FileDescriptor.open(path, .readWrite, options: [.closeOnExec, .noFollow]) else {
            return false
        }
        defer { try? file.close() }
        return (try? SystemCalls.lock(file, wait: false)) == true
    }

    /// Whether the open file is the one at the path; symbolic links are not followed.
    static func isSame(_ file: FileDescriptor, _ path: FilePath) throws(PayloadError) -> Bool {
        let opened = try call("look at", path) { () throws(Errno) in try SystemCalls.status(of: file).identity }
        return (try? SystemCalls.status(of: path.string))?.identity == opened
    }

    /// Bytes of a regular file, symbolic links followed; nil when there is none.
    static func size(_ path: FilePath) -> Int64? { Files.size(of: path.string) }

    static func isDirectory(_ path: FilePath) -> Bool { Files.isDirectory(path.string) }

    /// Symbolic links are not followed.
    static func exists(_ path: FilePath) -> Bool { (try? SystemCalls.status(of: path.string)) != nil }

    static func size(of file: FileDescriptor, _ path: FilePath) throws(PayloadError) -> Int64 {
        try call("look at", path) { () throws(Errno) in try SystemCalls.status(of: file).size }
    }

    /// Makes a directory and those above it.
    static func makeDirectories(_ path: FilePath) throws(PayloadError) {
        try Files.makeDirectory(path.string, mode: 0o777)
    }

    /// The first bytes of a file, as many as tell what it is; its position stays as it is.
    static func beginning(of file: FileDescriptor, named name: String) throws(PayloadError) -> [UInt8] {
        do {
            return try unsafe [UInt8](unsafeUninitializedCapacity: PayloadContent.headerSize) { buffer, count in
                count = try unsafe file.read(fromAbsoluteOffset: 0, into: UnsafeMutableRawBufferPointer(buffer))
            }
        } catch {
            throw .unreadable(path: name, error: error as? Errno ?? .ioError)
        }
    }

    static func setPermissions(_ file: FileDescriptor, _ bits: UInt16, _ path: FilePath) throws(PayloadError) {
        try call("write", path) { () throws(Errno) in try SystemCalls.setPermissions(file, bits: bits) }
    }

    static func synchronise(_ file: FileDescriptor, _ path: FilePath) throws(PayloadError) {
        try call("write", path) { () throws(Errno) in try SystemCalls.synchronise(file) }
    }

    static func synchroniseDirectory(_ path: FilePath) throws(PayloadError) {
        let directory = OwnedDescriptor(owning: try openForReading(path))
        try synchronise(directory.descriptor, path)
    }

    /// Replaces what stands at the target.
    static func rename(_ source: FilePath, to target: FilePath) throws(PayloadError) {
        try Files.rename(source.string, to: target.string)
    }

    /// A second name for the same file; false where the file system does not allow it.
    static func link(_ source: FilePath, to target: FilePath) -> Bool {
        Files.hardLink(source.string, to: target.string)
    }

    static func remove(_ path: FilePath) { try? SystemCalls.unlink(path.string) }

    private static func call<Value>(
        _ operation: String, _ path: FilePath, _ body: () throws(Errno) -> Value
    ) throws(PayloadError) -> Value {
        do throws(Errno) { return try body() } catch {
            throw .system(operation: operation, path: path.string, error: error)
        }
    }
}
