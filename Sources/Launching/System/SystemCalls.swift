#if canImport(Darwin)
    private import Darwin
#elseif canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#endif

/// The system calls on files and processes that Foundation does not offer. Only this folder knows the platform.
package enum SystemCalls {
    /// Nil when the directory is not there.
    package static func openDirectory(_ path: String) throws(LaunchError) -> Int32? {
        let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if descriptor >= 0 { return descriptor }
        if errno == ENOENT { return nil }
        throw failure("open", path)
    }

    package static func close(_ descriptor: Int32) {
        #if canImport(Darwin)
            _ = Darwin.close(descriptor)
        #elseif canImport(Glibc)
            _ = Glibc.close(descriptor)
        #else
            _ = Musl.close(descriptor)
        #endif
    }

    /// False when another process holds the lock.
    package static func lock(_ descriptor: Int32, path: String) throws(LaunchError) -> Bool {
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            switch errno {
            case EINTR: continue
            case EWOULDBLOCK: return false
            default: throw failure("lock", path)
            }
        }
        return true
    }

    /// Whether the path still leads to what was opened.
    package static func isSame(_ descriptor: Int32, as path: String) -> Bool {
        var (opened, named) = (stat(), stat())
        guard unsafe fstat(descriptor, &opened) == 0, unsafe stat(path, &named) == 0 else { return false }
        return opened.st_dev == named.st_dev && opened.st_ino == named.st_ino
    }

    /// The identity of the file that a path leads to, links followed; nil when there is none.
    package static func identity(of path: String) -> FileIdentity? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return FileIdentity(device: UInt64(truncatingIfNeeded: status.st_dev), inode: UInt64(status.st_ino))
    }

    package static func rename(_ old: String, to new: String) throws(LaunchError) {
        #if canImport(Darwin)
            let result = unsafe Darwin.rename(old, new)
        #elseif canImport(Glibc)
            let result = unsafe Glibc.rename(old, new)
        #else
            let result = unsafe Musl.rename(old, new)
        #endif
        if result != 0 { throw failure("write", new) }
    }

    /// A second name for a file; false where that is not possible, as on another file system.
    package static func hardLink(_ old: String, to new: String) -> Bool { unsafe link(old, new) == 0 }

    package static func makeDirectory(_ path: String, mode: UInt16) throws(LaunchError) {
        if unsafe mkdir(path, mode_t(mode)) != 0, errno != EEXIST { throw failure("make the directory", path) }
    }

    /// Removes a tree of directories from its leaves. What is not empty stays: the files of a cgroup go with it.
    package static func removeDirectories(_ path: String) {
        for name in Files.names(in: path) where Files.isDirectory("\(path)/\(name)") {
            removeDirectories("\(path)/\(name)")
        }
        _ = unsafe rmdir(path)
    }

    /// Processes that are gone already are no error.
    package static func signal(_ signal: ProcessSignal, to process: Int32) {
        let number =
            switch signal {
            case .terminate: SIGTERM
            case .kill: SIGKILL
            }
        _ = kill(process, number)
    }

    package static var isRoot: Bool { geteuid() == 0 }

    /// Becomes the program. Returns only to say why not.
    package static func become(_ program: String, _ arguments: [String], directory: String?) -> LaunchError {
        if let directory, unsafe chdir(directory) != 0 { return failure("enter", directory) }
        var pointers: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) }
        unsafe pointers.append(nil)
        unsafe execv(program, pointers)
        return failure("run", program)
    }

    private static func failure(_ call: String, _ path: String) -> LaunchError {
        let reason = unsafe String(cString: strerror(errno))
        return .system(call: call, path: path, reason: reason)
    }
}
