#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The system calls on files, each with its failure as a thrown `Errno`. Not those of `HostSystem`: the applier is one static
/// program without Foundation and swift-system. The only file of this module, with
/// `ProcessRunner`, that names the platform's C library.
///
/// Nothing here follows a symbolic link in the last component of a name.
enum Kernel {
    static let noSpace = ENOSPC
    static let quotaExceeded = EDQUOT
    static let readOnly = EROFS
    static let absent = ENOENT
    static let exists = EEXIST
    static let notEmpty = ENOTEMPTY
    static let notDirectory = ENOTDIR
    static let tooManyLinks = ELOOP
    static let otherDevice = EXDEV
    static let inputOutput = EIO
    static let busy = EWOULDBLOCK

    enum Access {
        case read, directory, create
        case lock

        fileprivate var flags: Int32 {
            switch self {
            // Non-blocking, so that a pipe in a file's place cannot hold the program up.
            case .read: O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK
            case .directory: O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
            case .create: O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
            case .lock: O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC
            }
        }
    }

    static func text(of code: Int32) -> String {
        guard let text = unsafe strerror(code) else { return "error \(code)" }
        return unsafe String(cString: text)
    }

    private static func check(_ result: Int32) throws(Errno) -> Int32 {
        guard result >= 0 else { throw Errno(code: errno) }
        return result
    }

    // MARK: Reading

    /// Opens `name` in a directory; a new file gets mode 0600, so that a secret is never wider at any instant.
    static func open(_ directory: borrowing Descriptor, _ name: String, _ access: Access) throws(Errno) -> Descriptor {
        Descriptor(owning: try check(unsafe openat(directory.number, name, access.flags, 0o600)))
    }

    /// Opens a directory by a path of the host, links followed.
    static func openRoot(_ path: String) throws(Errno) -> Descriptor {
        Descriptor(owning: try check(unsafe openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)))
    }

    static func close(_ number: Int32) {
        #if canImport(Glibc)
            _ = Glibc.close(number)
        #elseif canImport(Musl)
            _ = Musl.close(number)
        #else
            _ = Darwin.close(number)
        #endif
    }

    static func duplicate(_ descriptor: borrowing Descriptor) throws(Errno) -> Descriptor {
        Descriptor(owning: try check(fcntl(descriptor.number, F_DUPFD_CLOEXEC, 0)))
    }

    static func status(_ directory: borrowing Descriptor, _ name: String) throws(Errno) -> FileStatus {
        var status = stat()
        _ = try check(unsafe fstatat(directory.number, name, &status, AT_SYMLINK_NOFOLLOW))
        return FileStatus(status)
    }

    static func status(_ descriptor: borrowing Descriptor) throws(Errno) -> FileStatus {
        var status = stat()
        _ = try check(unsafe fstat(descriptor.number, &status))
        return FileStatus(status)
    }

    /// Reads into the array up to its length; 0 at the end of the file.
    static func read(_ descriptor: borrowing Descriptor, into buffer: inout [UInt8]) throws(Errno) -> Int {
        let number = descriptor.number
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { bytes in
                #if canImport(Glibc)
                    unsafe Glibc.read(number, bytes.baseAddress, bytes.count)
                #elseif canImport(Musl)
                    unsafe Musl.read(number, bytes.baseAddress, bytes.count)
                #else
                    unsafe Darwin.read(number, bytes.baseAddress, bytes.count)
                #endif
            }
            if count >= 0 { return count }
            guard errno == EINTR else { throw Errno(code: errno) }
        }
    }

    /// The target of a symbolic link.
    static func link(_ directory: borrowing Descriptor, _ name: String) throws(Errno) -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let number = directory.number
        let count = unsafe buffer.withUnsafeMutableBytes { bytes in
            unsafe readlinkat(number, name, bytes.bindMemory(to: CChar.self).baseAddress!, bytes.count)
        }
        guard count >= 0 else { throw Errno(code: errno) }
        return String(decoding: buffer.prefix(count), as: UTF8.self)
    }

    /// The names in a directory, sorted, without `.` and `..`.
    static func names(in directory: borrowing Descriptor) throws(Errno) -> [String] {
        // A second description of its own: closedir closes what it was given, and the position must not be shared.
        let number = try check(unsafe openat(directory.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0))
        guard let stream = unsafe fdopendir(number) else {
            close(number)
            throw Errno(code: errno)
        }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    // MARK: Changing; called by DiskOperations alone

    static func makeDirectory(_ directory: borrowing Descriptor, _ name: String, mode: UInt16) throws(Errno) {
        _ = try check(unsafe mkdirat(directory.number, name, mode_t(mode)))
    }

    /// One write(2): the number of bytes that were taken.
    static func write(_ descriptor: borrowing Descriptor, _ bytes: ArraySlice<UInt8>) throws(Errno) -> Int {
        let number = descriptor.number
        let count = unsafe bytes.withUnsafeBytes { bytes in
            #if canImport(Glibc)
                unsafe Glibc.write(number, bytes.baseAddress, bytes.count)
            #elseif canImport(Musl)
                unsafe Musl.write(number, bytes.baseAddress, bytes.count)
            #else
                unsafe Darwin.write(number, bytes.baseAddress, bytes.count)
            #endif
        }
        if count < 0 && errno == EINTR { return 0 }
        guard count >= 0 else { throw Errno(code: errno) }
        return count
    }

    static func sync(_ descriptor: borrowing Descriptor) throws(Errno) { _ = try check(fsync(descriptor.number)) }

    static func setMode(_ descriptor: borrowing Descriptor, _ mode: UInt16) throws(Errno) {
        _ = try check(fchmod(descriptor.number, mode_t(mode)))
    }

    static func setOwner(_ descriptor: borrowing Descriptor, _ owner: OwnerIDs) throws(Errno) {
        _ = try check(fchown(descriptor.number, owner.user, owner.group))
    }

    static func rename(
        _ directory: borrowing Descriptor, _ name: String, to newDirectory: borrowing Descriptor, _ newName: String
    ) throws(Errno) {
        _ = try check(unsafe renameat(directory.number, name, newDirectory.number, newName))
    }

    static func link(
        _ directory: borrowing Descriptor, _ name: String, to newDirectory: borrowing Descriptor, _ newName: String
    ) throws(Errno) {
        _ = try check(unsafe linkat(directory.number, name, newDirectory.number, newName, 0))
    }

    static func remove(_ directory: borrowing Descriptor, _ name: String) throws(Errno) {
        _ = try check(unsafe unlinkat(directory.number, name, 0))
    }

    static func removeDirectory(_ directory: borrowing Descriptor, _ name: String) throws(Errno) {
        _ = try check(unsafe unlinkat(directory.number, name, AT_REMOVEDIR))
    }

    // MARK: The process

    /// Takes the lock of a file, which ends with the process; false when another holds it.
    static func lock(_ descriptor: borrowing Descriptor) throws(Errno) -> Bool {
        if flock(descriptor.number, LOCK_EX | LOCK_NB) == 0 { return true }
        guard errno == EWOULDBLOCK else { throw Errno(code: errno) }
        return false
    }

    static var userID: UInt32 { geteuid() }

    /// `amd64`, `arm64`, or the kernel's own word.
    static var architecture: String {
        var name = utsname()
        guard unsafe uname(&name) == 0 else { return "unknown" }
        let machine = unsafe withUnsafePointer(to: &name.machine) { pointer in
            unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 65) { unsafe String(cString: $0) }
        }
        switch machine {
        case "x86_64": return "amd64"
        case "aarch64", "arm64": return "arm64"
        default: return machine
        }
    }

    /// Writes a line to standard output or, for errors, to standard error. What cannot be written is given up.
    static func print(_ line: String, toError: Bool = false) {
        let descriptor = Descriptor.borrowed(toError ? 2 : 1)
        var rest = Array((line + "\n").utf8)[...]
        while !rest.isEmpty {
            guard let count = try? write(descriptor, rest) else { break }
            rest = rest.dropFirst(count)
        }
        descriptor.release()
    }

    /// Appends to a terminal or file. What it does not take at once is given up: nobody may read a console, and no run waits for it.
    static func write(_ line: [UInt8], toConsole path: String) {
        let number = unsafe openat(AT_FDCWD, path, O_WRONLY | O_APPEND | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0)
        guard number >= 0 else { return }
        let descriptor = Descriptor(owning: number)
        var rest = line[...]
        while !rest.isEmpty, let count = try? write(descriptor, rest), count > 0 { rest = rest.dropFirst(count) }
    }

    /// Ends the process at once, as a power cut does to it. For tests of debug builds.
    static func killSelf() { kill(getpid(), SIGKILL) }
}

extension Descriptor {
    fileprivate static func borrowed(_ number: Int32) -> Descriptor { Descriptor(owning: number) }
    fileprivate consuming func release() { discard self }
}

extension FileStatus {
    fileprivate init(_ status: stat) {
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .directory
            case S_IFLNK: .link
            default: .other
            }
        mode = UInt16(truncatingIfNeeded: status.st_mode & 0o7777)
        owner = OwnerIDs(user: status.st_uid, group: status.st_gid)
        size = Int64(status.st_size)
        device = UInt64(truncatingIfNeeded: status.st_dev)
        #if canImport(Darwin)
            let (modified, changed) = (status.st_mtimespec, status.st_ctimespec)
        #else
            let (modified, changed) = (status.st_mtim, status.st_ctim)
        #endif
        stamp = FileStamp(
            inode: UInt64(truncatingIfNeeded: status.st_ino), size: size, modified: Self.nanoseconds(modified),
            changed: Self.nanoseconds(changed))
    }

    private static func nanoseconds(_ time: timespec) -> Int64 {
        Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}

/// The number with which a system call failed.
struct Errno: Error, Hashable {
    let code: Int32

    /// The system's own words, such as `No space left on device`.
    var text: String { Kernel.text(of: code) }
}

/// An open file or directory; closed when it goes out of scope.
struct Descriptor: ~Copyable {
    let number: Int32

    /// Takes ownership of an open descriptor.
    init(owning number: Int32) { self.number = number }

    deinit { Kernel.close(number) }
}
