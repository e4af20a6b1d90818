import SystemPackage

#if canImport(Darwin)
    private import Darwin
#elseif canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#endif

/// The calls on files that swift-system does not have; the one file of the module that knows the platform.
enum StoreFiles {
    static func openForReading(_ path: FilePath) throws(PayloadError) -> FileDescriptor {
        do { return try FileDescriptor.open(path, .readOnly, options: .closeOnExec) } catch {
            throw .system(operation: "read", path: path.string, error: error as? Errno ?? .ioError)
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
                try check("lock", path) { flock(file.rawValue, LOCK_EX) }
                // The one before may have moved the file to its final name: then this one is not at the path any more.
                if try isSame(file, path) { return file }
                try? file.close()
            } catch {
                try? file.close()
                throw error
            }
        }
    }

    /// Whether the open file is the one at the path; symbolic links are not followed.
    static func isSame(_ file: FileDescriptor, _ path: FilePath) throws(PayloadError) -> Bool {
        var (opened, named) = (stat(), stat())
        try check("look at", path) { unsafe fstat(file.rawValue, &opened) }
        guard unsafe lstat(path.string, &named) == 0 else { return false }
        return opened.st_ino == named.st_ino && opened.st_dev == named.st_dev
    }

    /// Bytes of a regular file, symbolic links followed; nil when there is none.
    static func size(_ path: FilePath) -> Int64? {
        var status = stat()
        guard unsafe stat(path.string, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int64(status.st_size)
    }

    static func isDirectory(_ path: FilePath) -> Bool {
        var status = stat()
        return unsafe stat(path.string, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    static func exists(_ path: FilePath) -> Bool {
        var status = stat()
        return unsafe lstat(path.string, &status) == 0
    }

    static func size(of file: FileDescriptor, _ path: FilePath) throws(PayloadError) -> Int64 {
        var status = stat()
        try check("look at", path) { unsafe fstat(file.rawValue, &status) }
        return Int64(status.st_size)
    }

    /// Makes a directory and those above it.
    static func makeDirectories(_ path: FilePath) throws(PayloadError) {
        if isDirectory(path) { return }
        let parent = path.removingLastComponent()
        if parent != path, !parent.isEmpty { try makeDirectories(parent) }
        let status = unsafe mkdir(path.string, 0o777)
        if status != 0, !isDirectory(path) {
            throw .system(operation: "make the directory", path: path.string, error: Errno(rawValue: errno))
        }
    }

    static func setPermissions(_ file: FileDescriptor, _ bits: UInt16, _ path: FilePath) throws(PayloadError) {
        try check("write", path) { fchmod(file.rawValue, mode_t(bits)) }
    }

    static func synchronise(_ file: FileDescriptor, _ path: FilePath) throws(PayloadError) {
        try check("write", path) { fsync(file.rawValue) }
    }

    static func synchroniseDirectory(_ path: FilePath) throws(PayloadError) {
        let directory = try openForReading(path)
        defer { try? directory.close() }
        try synchronise(directory, path)
    }

    /// Replaces what stands at the target.
    static func rename(_ source: FilePath, to target: FilePath) throws(PayloadError) {
        try check("write", target) { Self.renamed(source.string, target.string) }
    }

    private static func renamed(_ source: String, _ target: String) -> CInt {
        #if canImport(Darwin)
            unsafe Darwin.rename(source, target)
        #elseif canImport(Glibc)
            unsafe Glibc.rename(source, target)
        #else
            unsafe Musl.rename(source, target)
        #endif
    }

    /// A second name for the same file; false where the file system does not allow it.
    static func link(_ source: FilePath, to target: FilePath) -> Bool {
        #if canImport(Darwin)
            unsafe Darwin.link(source.string, target.string) == 0
        #elseif canImport(Glibc)
            unsafe Glibc.link(source.string, target.string) == 0
        #else
            unsafe Musl.link(source.string, target.string) == 0
        #endif
    }

    static func remove(_ path: FilePath) { _ = unsafe unlink(path.string) }

    private static func check(_ operation: String, _ path: FilePath, _ call: () -> CInt) throws(PayloadError) {
        while call() != 0 {
            let error = Errno(rawValue: errno)
            guard error == .interrupted else { throw .system(operation: operation, path: path.string, error: error) }
        }
    }
}
